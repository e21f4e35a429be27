import type { Conversation } from "../api/model";
import type { State } from "./state";
import { useLive } from "./store";

const at = (time: string | null | undefined): number => (time ? Date.parse(time) : 0);

/** minuteOf is when something falls due that is named so; 0 where it does not. */
export const dueAt = (c: Conversation, what: Conversation["due"][number]["what"]): string | null =>
  c.due.find(due => due.what === what)?.at ?? null;

/** mine are the conversations that this agent has. */
export function mine(s: State): Conversation[] {
  return Object.values(s.conversations).filter(c => c.agent_id !== null && c.agent_id === s.agent && c.state !== "closed");
}

/** waiting are those in this agent's queues that are offered to nobody, the longest first. */
export function waiting(s: State): Conversation[] {
  return Object.values(s.conversations)
    .filter(c => c.state === "open" && c.holder === "queue" && c.agent_id === null && !c.offer && !s.offers[c.id])
    .sort((a, b) => at(a.waiting_since) - at(b.waiting_since));
}

export interface Sections {
  needsAnswer: Conversation[];
  answered: Conversation[];
  aside: Conversation[];
  wrapUp: Conversation[];
}

/** sections sorts what I have by what it asks of me: the longest without an answer first. */
export function sections(all: Conversation[]): Sections {
  const active = all.filter(c => c.state === "active" || c.state === "open");
  return {
    needsAnswer: active.filter(c => c.unanswered_since).sort((a, b) => at(a.unanswered_since) - at(b.unanswered_since)),
    answered: active.filter(c => !c.unanswered_since).sort((a, b) => at(b.last?.at) - at(a.last?.at)),
    aside: all
      .filter(c => c.state === "waiting")
      .sort((a, b) => (at(dueAt(a, "wait-ends")) || Number.MAX_VALUE) - (at(dueAt(b, "wait-ends")) || Number.MAX_VALUE)),
    wrapUp: all
      .filter(c => c.state === "wrap_up")
      .sort((a, b) => at(dueAt(a, "wrap-up-ends") ?? a.opened_at) - at(dueAt(b, "wrap-up-ends") ?? b.opened_at)),
  };
}

export const inOrder = (s: Sections): Conversation[] => [...s.needsAnswer, ...s.answered, ...s.aside, ...s.wrapUp];

export const useMine = (): Conversation[] => useLive(mine);
export const useWaiting = (): Conversation[] => useLive(waiting);
