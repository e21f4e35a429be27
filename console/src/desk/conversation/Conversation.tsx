import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useNames } from "../../live/directory";
import { leaveConversation, openConversation } from "../../live/reads";
import { useLive } from "../../live/store";
import { Empty } from "../../ui/Empty";
import { Composer, useComposerReset } from "../composer/Composer";
import { focusComposer } from "../composer/focus";
import { Banner } from "./Banner";
import { Head } from "./Head";
import { Transcript } from "./Transcript";

/** Conversation is the middle of the desk: who, what was said, and where one answers. */
export function Conversation({ id, showCustomer }: { id: string; showCustomer: (() => void) | null }) {
  const { t } = useTranslation();
  const c = useLive(s => s.conversations[id]);
  const gone = useLive(s => Boolean(s.gone[id]));
  const agent = useLive(s => s.agent);
  useComposerReset(id);
  useEffect(() => {
    openConversation(id);
    return () => leaveConversation(id);
  }, [id]);
  const mine = c?.agent_id === agent;
  useEffect(() => {
    if (mine && matchMedia("(pointer: fine)").matches) focusComposer();
  }, [id, mine]);

  if (gone) return <Gone id={id} />;
  return (
    <section
      className="pane conversation"
      aria-label={t("conversation.transcript")}
      data-pane
      tabIndex={-1}
      data-conversation={id}
    >
      <Head id={id} conversation={c} showCustomer={showCustomer} />
      {c && <Banner conversation={c} />}
      <Transcript id={id} conversation={c} />
      {c && (mine || c.holder !== "queue") && c.state !== "closed" && (
        <Composer conversation={c} mayReply={mine && c.state === "active" && c.ending === null} />
      )}
    </section>
  );
}

/** Gone says who has it now, where we may know. */
function Gone({ id }: { id: string }) {
  const { t } = useTranslation();
  const name = useNames();
  const c = useLive(s => s.conversations[id]);
  const other = name("agent", c?.agent_id);
  return (
    <section className="pane conversation choose" data-pane tabIndex={-1} aria-label={t("conversation.transcript")}>
      <Empty title={other ? t("conversation.goneTo", { name: other }) : t("conversation.gone")}>
        {t("conversation.goneLead")}
      </Empty>
    </section>
  );
}
