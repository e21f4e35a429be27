// Whether an input method is at work anywhere on the page. Nothing that arrives may move the focus meanwhile.
let open: Node | null = null;
let ended = Number.NEGATIVE_INFINITY;
const waiting = new Set<() => void>();

/** watchComposition starts the two listeners of the page. */
export function watchComposition(): void {
  addEventListener("compositionstart", event => {
    open = event.target instanceof Node ? event.target : document;
  });
  addEventListener("compositionend", event => {
    open = null;
    ended = event.timeStamp;
    const due = [...waiting];
    waiting.clear();
    setTimeout(() => {
      for (const act of due) act();
    });
  });
}

/** composing tells whether a composition goes on. That of a field which has been taken away is over, though no event says so. */
export const composing = (): boolean => open?.isConnected === true;

/** sinceComposition is how many milliseconds before this event a composition ended. */
export const sinceComposition = (event: { timeStamp: number }): number => event.timeStamp - ended;

/** whenNotComposing does something now, or after the composition that is going on. */
export function whenNotComposing(act: () => void): void {
  if (composing()) waiting.add(act);
  else act();
}
