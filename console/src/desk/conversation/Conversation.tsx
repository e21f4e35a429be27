import { useEffect } from "react";
import { useTranslation } from "react-i18next";
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

  if (gone) return <Gone />;
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

/** Gone stands in place of a conversation that the API does not show us. */
function Gone() {
  const { t } = useTranslation();
  return (
    <section className="pane conversation choose" data-pane tabIndex={-1} aria-label={t("conversation.transcript")}>
      <Empty title={t("conversation.gone")}>{t("conversation.goneLead")}</Empty>
    </section>
  );
}
