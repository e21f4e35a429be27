import type { Done } from "../../api/model";
import { asRefusal, type Refusal } from "../../api/problems";

/**
 * PendingState: "stuck" has certainly not been done and waits for a person. "unsure" was sent and got no answer for so long that a person
 * has to decide; it may have been done.
 */
export type PendingState = "queued" | "sending" | "retrying" | "unsure" | "stuck" | "answered";

/** Pending is something written that the timeline does not show yet. */
export interface Pending {
  key: string;
  conversation: string;
  kind: "reply" | "note";
  text: string;
  at: number;
  state: PendingState;
  tries: number;
  /** What the API has made of it; "" until it has answered. */
  message: string;
}

export interface OutboxWorld {
  send(p: Pending): Promise<Done>;
  answered(p: Pending, answer: Done): void;
  refused(p: Pending, refusal: Refusal): void;
  /** Whether the line to the server is known to be broken: waiting for it uses up no patience. */
  broken(): boolean;
  now(): number;
  later(ms: number, act: () => void): void;
  newKey(): string;
}

const patience = 60_000;
const firstPause = 500;
const longestPause = 8000;

/**
 * Outbox sends what was written, of each conversation one after another: the next goes when the one before is answered. The key of a
 * message is made once, so that it is done once, however often it is sent.
 */
export class Outbox {
  private all: Pending[] = [];
  private watchers = new Set<() => void>();
  private since = new Map<string, number>();

  constructor(private world: OutboxWorld) {}

  add(conversation: string, kind: Pending["kind"], text: string): Pending {
    const made: Pending = {
      key: this.world.newKey(),
      conversation,
      kind,
      text,
      at: this.world.now(),
      state: "queued",
      tries: 0,
      message: "",
    };
    this.all = [...this.all, made];
    this.changed();
    this.next(conversation);
    return made;
  }

  /** again sends what waits for a person, under the key that it had. */
  again(key: string): void {
    const p = this.find(key);
    if (p?.state !== "stuck" && p?.state !== "unsure") return;
    this.since.delete(key);
    this.put(key, { state: "queued" });
    this.next(p.conversation);
  }

  discard(key: string): void {
    const p = this.find(key);
    if (!p || p.state === "sending") return;
    this.all = this.all.filter(other => other.key !== key);
    this.changed();
    this.next(p.conversation);
  }

  /** forget drops everything, as signing out must. */
  forget(): void {
    this.all = [];
    this.since.clear();
    this.changed();
  }

  /** keep holds a refused text where it can be copied or sent as something new. */
  keep(p: Pending): void {
    this.all = [...this.all, { ...p, key: this.world.newKey(), state: "stuck", tries: 0 }];
    this.changed();
  }

  /** kick tries at once what waits for the line, because it is back. */
  kick(): void {
    for (const p of this.all) {
      if (p.state === "retrying") this.put(p.key, { state: "queued" });
    }
    for (const id of new Set(this.all.map(p => p.conversation))) this.next(id);
  }

  /** shown forgets what the timeline shows by now. */
  shown(conversation: string, keys: ReadonlySet<string>, messages: ReadonlySet<string>): void {
    const rest = this.all.filter(
      p => p.conversation !== conversation || !(keys.has(p.key) || (p.message !== "" && messages.has(p.message))),
    );
    if (rest.length === this.all.length) return;
    this.all = rest;
    this.changed();
    this.next(conversation);
  }

  /** conversations are those for which something has been written that the timeline does not show. */
  conversations(): string[] {
    return [...new Set(this.all.map(p => p.conversation))];
  }

  of(conversation: string): Pending[] {
    return this.all.filter(p => p.conversation === conversation);
  }

  /** unanswered counts what the API has not said to have done. */
  unanswered(conversation?: string): number {
    return this.all.filter(p => p.state !== "answered" && (!conversation || p.conversation === conversation)).length;
  }

  list = (): Pending[] => this.all;

  watch = (changed: () => void): (() => void) => {
    this.watchers.add(changed);
    return () => this.watchers.delete(changed);
  };

  /** next sends the first that is still to be done. What certainly was not done holds nothing up; what may have been does. */
  private next(conversation: string): void {
    const first = this.of(conversation).find(p => p.state !== "answered" && p.state !== "stuck");
    if (first?.state === "queued") void this.send(first.key);
  }

  private async send(key: string): Promise<void> {
    const p = this.find(key);
    if (!p) return;
    if (!this.since.has(key)) this.since.set(key, this.world.now());
    this.put(key, { state: "sending", tries: p.tries + 1 });
    try {
      const answer = await this.world.send(this.find(key)!);
      this.put(key, { state: "answered", message: answer.message_id ?? "" });
      this.world.answered(this.find(key) ?? p, answer);
      this.next(p.conversation);
    } catch (thrown) {
      this.failed(key, asRefusal(thrown));
    }
  }

  private failed(key: string, refusal: Refusal): void {
    const p = this.find(key);
    if (!p) return;
    if (!refusal.mayHaveWorked && !refusal.signedOut) {
      this.all = this.all
        .filter(other => other.key !== key)
        .map(other =>
          follows(other, p) ? { ...other, state: other.tries > 0 ? ("unsure" as const) : ("stuck" as const) } : other,
        );
      this.changed();
      this.world.refused(p, refusal);
      this.next(p.conversation);
      return;
    }
    const waits = this.world.broken() || refusal.signedOut;
    if (waits) this.since.delete(key);
    const isOver = !waits && this.world.now() - (this.since.get(key) ?? 0) >= patience;
    this.put(key, { state: isOver ? "unsure" : "retrying" });
    if (isOver) return;
    const pause = Math.max(refusal.retryAfter * 1000, Math.min(longestPause, firstPause * 2 ** (p.tries - 1)));
    this.world.later(pause, () => {
      if (this.find(key)?.state !== "retrying") return;
      this.put(key, { state: "queued" });
      this.next(p.conversation);
    });
  }

  private find(key: string): Pending | undefined {
    return this.all.find(p => p.key === key);
  }

  private put(key: string, change: Partial<Pending>): void {
    this.all = this.all.map(p => (p.key === key ? { ...p, ...change } : p));
    this.changed();
  }

  private changed(): void {
    for (const watcher of this.watchers) watcher();
  }
}

/** follows: what was written after a refused line is not sent by itself, because it may answer to that line. */
function follows(p: Pending, refused: Pending): boolean {
  return p.conversation === refused.conversation && p.kind === refused.kind && p.state === "queued";
}
