import { useRef, useSyncExternalStore } from "react";
import { empty, type State } from "./state";

let state: State = empty;
const watchers = new Set<() => void>();
const keepers = new Set<Keeper>();

/** Keeper is a part of the page that keeps something of a person's work. */
export interface Keeper {
  forget(): void;
  /** Whether something would be lost that nobody else has. */
  wouldLose(): boolean;
}

export const store = {
  get: (): State => state,
  set(next: State): void {
    if (next === state) return;
    state = next;
    for (const changed of watchers) changed();
  },
  /** forget drops everything, as signing out must. */
  forget(): void {
    store.set(empty);
    for (const keeper of keepers) keeper.forget();
  },
  wouldLose: (): boolean => [...keepers].some(keeper => keeper.wouldLose()),
  /** keepWith has a part of the page forget together with the store. */
  keepWith(keeper: Keeper): void {
    keepers.add(keeper);
  },
  watch(changed: () => void): () => void {
    watchers.add(changed);
    return () => watchers.delete(changed);
  },
};

/** useLive reads a part of the state. The component is drawn again when that part differs, member by member. */
export function useLive<T>(select: (state: State) => T): T {
  const last = useRef<{ state: State; select: unknown; part: T } | null>(null);
  return useSyncExternalStore(store.watch, () => {
    if (last.current?.state === state && last.current.select === select) return last.current.part;
    const part = select(state);
    const kept = last.current && same(last.current.part, part) ? last.current.part : part;
    last.current = { state, select, part: kept };
    return kept;
  });
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!Array.isArray(a) || !Array.isArray(b)) return false;
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
