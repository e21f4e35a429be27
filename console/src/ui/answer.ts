/** Targets of an answer: the first, and each later one. The API has none of a workstream yet. */
export const firstAnswerWithin = 100_000;
export const answerWithin = 180_000;

export interface Answer {
  waited: number;
  /** calm, then amber from 60 % of the target on, then red. */
  mood: "calm" | "soon" | "overdue";
}

/** answerClock says how long a customer has been without an answer; null where nobody waits. */
export function answerClock(c: { unanswered_since: string | null; answered_at: string | null }, now: number): Answer | null {
  if (!c.unanswered_since) return null;
  const waited = Math.max(0, now - Date.parse(c.unanswered_since));
  const target = c.answered_at ? answerWithin : firstAnswerWithin;
  if (waited >= target) return { waited, mood: "overdue" };
  return { waited, mood: waited >= target * 0.6 ? "soon" : "calm" };
}
