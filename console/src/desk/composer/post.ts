import { useSyncExternalStore } from "react";
import { commands, newKey } from "../../api/commands";
import { now } from "../../live/clock";
import { onLink, theLink } from "../../live/live";
import { want } from "../../live/reads";
import { problemText } from "../../words/problem";
import { translate } from "../../words/words";
import { takeOver } from "../act";
import { draftOf, setDraft } from "./drafts";
import { Outbox, type Pending } from "./outbox";

/** outbox is the desk's own: it lives as long as the page. */
export const outbox = new Outbox({
  send: p => (p.kind === "reply" ? commands.reply(p.conversation, p.text, p.key) : commands.note(p.conversation, p.text, p.key)),
  answered(_, answer) {
    takeOver(answer.conversation);
  },
  refused(p, refusal) {
    if (refusal.conversation) takeOver(refusal.conversation);
    const t = translate();
    const reason = problemText(t, refusal);
    const isFree = draftOf(p.conversation)[p.kind].trim() === "";
    setDraft(p.conversation, {
      mode: p.kind,
      ...(isFree ? { [p.kind]: p.text } : {}),
      trouble: isFree ? t("composer.refusedBack", { reason }) : t("composer.refusedKept", { reason }),
    });
    if (!isFree) kept(p);
    want([{ what: "conversation", id: p.conversation }]); // for its allowance
  },
  broken: () => theLink().state === "broken",
  now,
  later: (ms, act) => setTimeout(act, ms),
  newKey,
});

/** kept puts a refused text below the transcript, because there is another one in the box. */
function kept(p: Pending): void {
  outbox.keep(p);
}

onLink(link => link.state === "open" && outbox.kick());

// Closing the page would lose what has not been answered.
addEventListener("beforeunload", event => {
  if (outbox.unanswered() > 0) event.preventDefault();
});

export function usePendings(): Pending[] {
  return useSyncExternalStore(outbox.watch, outbox.list);
}
