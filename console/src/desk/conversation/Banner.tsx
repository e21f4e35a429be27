import i18n from "i18next";
import { useTranslation } from "react-i18next";
import type { Conversation } from "../../api/model";
import { now } from "../../live/clock";
import { useNames } from "../../live/directory";
import { useLive } from "../../live/store";
import { dueAt } from "../../live/work";
import { dayAndClock } from "../../ui/time";

/** Banner says in a sentence what is special about the state of a conversation; nothing where it is simply ours. */
export function Banner({ conversation: c }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const name = useNames();
  const agent = useLive(s => s.agent);
  const when = (at: string) => dayAndClock(Date.parse(at), now(), i18n.language);
  const text = (() => {
    if (c.state === "closed")
      return c.close_reason ? t("conversation.closedWhy", { reason: reasonText(c.close_reason) }) : t("conversation.closed");
    if (c.ending !== null) return t("conversation.ending");
    if (c.state === "waiting") {
      const until = dueAt(c, "wait-ends");
      return until ? t("conversation.asideAt", { when: when(until) }) : t("conversation.asideOpen");
    }
    if (c.state === "wrap_up") {
      const until = dueAt(c, "wrap-up-ends");
      return until ? t("conversation.wrapUpUntil", { when: when(until) }) : t("conversation.wrapUp");
    }
    if (c.holder === "bot") return t("conversation.withBot");
    if (c.holder === "queue") return t("conversation.inQueue");
    if (c.agent_id !== agent) return t("conversation.withOther", { name: name("agent", c.agent_id) });
    return "";
  })();
  if (!text) return null;
  return (
    <p className={`banner ${c.state}`} role="status">
      {text}
    </p>
  );
}

function reasonText(reason: string): string {
  const key = `reason.${reason}`;
  return i18n.exists(key) ? i18n.t(key as "reason.idle") : i18n.t("reason.other", { reason });
}
