// Whether an input method is at work anywhere on the page. Nothing that arrives may move the focus meanwhile.
let open = false;
let ended = Number.NEGATIVE_INFINITY;
const waiting = new Set<() => void>();

/** watchComposition starts the two listeners of the page. */
export function watchComposition(): void {
  addEventListener("compositionstart", () => {
    open = true;
  });
  addEventListener("compositionend", event => {
    open = false;
    ended = event.timeStamp;
    const due = [...waiting];
    waiting.clear();
    setTimeout(() => {
      for (const act of due) act();
    });
  });
}

export const composing = (): boolean => open;

/** sinceComposition is how many milliseconds before this event a composition ended. */
export const sinceComposition = (event: { timeStamp: number }): number => event.timeStamp - ended;

/** whenNotComposing does something now, or after the composition that is going on. */
export function whenNotComposing(act: () => void): void {
  if (open) waiting.add(act);
  else act();
}
