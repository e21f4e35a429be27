import { useSyncExternalStore } from "react";
import { commands, newKey } from "../../api/commands";
import { lastSeq } from "../../live/apply";
import { now } from "../../live/clock";
import { onLink, theLink } from "../../live/live";
import { want } from "../../live/reads";
import { store } from "../../live/store";
import { problemText } from "../../words/problem";
import { translate } from "../../words/words";
import { takeOver } from "../act";
import { shownIn } from "../conversation/rows";
import { draftOf, forgetDrafts, setDraft } from "./drafts";
import { Outbox, type Pending } from "./outbox";

/** outbox is the desk's own: it lives as long as the page. */
export const outbox = new Outbox({
  send: p => (p.kind === "reply" ? commands.reply(p.conversation, p.text, p.key) : commands.note(p.conversation, p.text, p.key)),
  answered(p, answer) {
    takeOver(answer.conversation);
    const lines = store.get().lines[p.conversation];
    // The line shows also where the stream is late.
    if (lines && !lines.after) want([{ what: "lines", id: p.conversation, after: lastSeq(lines) }]);
    settle();
  },
  refused(p, refusal) {
    if (refusal.conversation) takeOver(refusal.conversation);
    const t = translate();
    const reason = problemText(t, refusal);
    const draft = draftOf(p.conversation);
    const isFree = draft[p.kind].trim() === "";
    // Who writes a note meanwhile must not find themselves writing to the customer, nor the other way round.
    const isBusy = draft[draft.mode].trim() !== "";
    setDraft(p.conversation, {
      mode: isBusy ? draft.mode : p.kind,
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
store.watch(settle);
store.keepWith({
  forget() {
    outbox.forget();
    forgetDrafts();
  },
  wouldLose: () => outbox.unanswered() > 0,
});

/** settle forgets what the timeline shows by now, and what has been done where no timeline is kept: who opens it there reads it. */
function settle(): void {
  for (const id of outbox.conversations()) {
    const lines = store.get().lines[id];
    const { keys, messages } = lines ? shownIn(lines.items) : doneIn(id);
    outbox.shown(id, keys, messages);
  }
}

function doneIn(conversation: string): { keys: Set<string>; messages: Set<string> } {
  const done = outbox.of(conversation).filter(p => p.state === "answered");
  return { keys: new Set(done.map(p => p.key)), messages: new Set() };
}

// Closing the page would lose what has not been answered.
addEventListener("beforeunload", event => {
  if (outbox.unanswered() === 0) return;
  event.preventDefault();
  event.returnValue = ""; // what Chromium asked for until 118
});

export function usePendings(): Pending[] {
  return useSyncExternalStore(outbox.watch, outbox.list);
}
