import type { Conversation, ProblemDocument } from "./model";

const prefix = "urn:wxdesk:problem:";

/**
 * Refusal is what a request that was not done ends with. Its type is the problem's, or one of two of our own: "offline" where no answer
 * came, "unreadable" where the answer was none of the API's.
 */
export class Refusal extends Error {
  override name = "Refusal";
  readonly type: string;
  readonly status: number;
  readonly detail: string;
  /** The parts of the request that were wrong, such as "body.text". */
  readonly places: string[];
  /** What the API says the conversation is like now; only with stale-version. */
  readonly conversation: Conversation | null;
  /** Seconds until the same may be tried again; 0 where nothing was said. */
  readonly retryAfter: number;

  constructor(type: string, status: number, document: Partial<ProblemDocument> = {}, retryAfter = 0) {
    super(document.title ?? type);
    this.type = type;
    this.status = status;
    this.detail = document.detail ?? "";
    this.places = (document.errors ?? []).map(fault => fault.location ?? "").filter(Boolean);
    this.conversation = document.conversation ?? null;
    this.retryAfter = retryAfter;
  }

  /** mayHaveWorked is true where the same request must be sent again with the same key: its fate is not known, or it was put off. */
  get mayHaveWorked(): boolean {
    return this.type === "offline" || this.type === "unreadable" || this.status >= 500 || this.status === 429;
  }

  get signedOut(): boolean {
    return this.status === 401;
  }
}

/** refusalOf reads an answer that is not 2xx. */
export function refusalOf(answer: Response, document: unknown): Refusal {
  const retryAfter = Number(answer.headers.get("Retry-After") ?? 0) || 0;
  if (!isProblem(document)) return new Refusal("unreadable", answer.status, {}, retryAfter);
  return new Refusal(shortType(document.type), answer.status, document, retryAfter);
}

/** asRefusal makes one of whatever was thrown. */
export function asRefusal(thrown: unknown): Refusal {
  return thrown instanceof Refusal ? thrown : new Refusal("offline", 0);
}

export function shortType(type: string): string {
  return type.startsWith(prefix) ? type.slice(prefix.length) : type;
}

function isProblem(document: unknown): document is ProblemDocument {
  return typeof document === "object" && document !== null && typeof (document as ProblemDocument).type === "string";
}
