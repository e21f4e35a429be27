/** What Enter in the composer does: "held" means that the input method had it, and nothing may happen. */
export type EnterDoes = "send" | "line" | "held" | "other";

export interface EnterKey {
  key: string;
  isComposing: boolean;
  keyCode: number;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** Safari ends the composition before the Enter that did it. */
const sameGesture = 30;

/** enterDoes decides by the event, the person's send key, and how many milliseconds ago a composition ended. */
export function enterDoes(event: EnterKey, sendKey: "enter" | "ctrl-enter", sinceComposition: number): EnterDoes {
  if (event.key !== "Enter") return "other";
  if (event.isComposing || event.keyCode === 229 || sinceComposition < sameGesture) return "held";
  if (event.altKey) return "other";
  const withControl = event.ctrlKey || event.metaKey;
  if (sendKey === "ctrl-enter") return withControl ? "send" : "line";
  return event.shiftKey || withControl ? "line" : "send";
}
