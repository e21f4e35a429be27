import type { Allowance } from "../api/model";

/** What the composer says about the reply allowance. */
export type AllowanceSays =
  | { kind: "open"; left: number; of: number; closesIn: number; last: boolean; soon: boolean }
  | { kind: "spent"; of: number }
  | { kind: "shut"; ago: number | null };

const soon = 30 * 60_000;

/** allowanceSays reads an allowance at a time. pending are replies of ours that the API has not counted yet. */
export function allowanceSays(a: Allowance, now: number, pending = 0): AllowanceSays {
  const until = a.until ? Date.parse(a.until) : 0;
  if (!a.until || until <= now) {
    const closed = a.closed_at ? Date.parse(a.closed_at) : until;
    return { kind: "shut", ago: closed > 0 ? Math.max(0, now - closed) : null };
  }
  const left = Math.max(0, a.left - pending);
  if (left === 0) return { kind: "spent", of: a.of };
  return { kind: "open", left, of: Math.max(a.of, left), closesIn: until - now, last: left === 1, soon: until - now < soon };
}
