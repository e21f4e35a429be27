import { useSyncExternalStore } from "react";

export type Mode = "reply" | "note";

/** Draft is what is written for a conversation and not sent. It lives in memory: nothing of it is kept by the browser. */
export interface Draft {
  reply: string;
  note: string;
  mode: Mode;
  /** Why something came back into the box. */
  trouble: string;
  /** Counts what was put here by others than the keyboard, so that the field shows it. */
  put: number;
}

const none: Draft = { reply: "", note: "", mode: "reply", trouble: "", put: 0 };
const drafts = new Map<string, Draft>();
const watchers = new Set<() => void>();

export const draftOf = (conversation: string): Draft => drafts.get(conversation) ?? none;

/** write notes what was typed. It draws nothing again: the field has it already. */
export function write(conversation: string, mode: Mode, text: string): void {
  drafts.set(conversation, { ...draftOf(conversation), [mode]: text });
}

export function setDraft(conversation: string, change: Partial<Draft>): void {
  const before = draftOf(conversation);
  drafts.set(conversation, { ...before, ...change, put: before.put + 1 });
  for (const changed of watchers) changed();
}

/** forgetDrafts drops everything, as signing out must. */
export function forgetDrafts(): void {
  drafts.clear();
  for (const changed of watchers) changed();
}

export function useDraft(conversation: string): Draft {
  return useSyncExternalStore(
    changed => {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
    () => draftOf(conversation),
  );
}
