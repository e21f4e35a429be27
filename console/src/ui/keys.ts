import { useEffect, useRef } from "react";

/** The registry: what can be done by a key. Handlers, tooltips and the sheet read it. Keys are places on the board, not letters. */
export const keys = {
  accept: { code: "KeyA", alt: true },
  decline: { code: "KeyD", alt: true },
  previous: { code: "ArrowUp", alt: true },
  next: { code: "ArrowDown", alt: true },
  nth: { code: "Digit", alt: true },
  reply: { code: "KeyR", alt: true },
  note: { code: "KeyN", alt: true },
  putAside: { code: "KeyW", alt: true },
  end: { code: "KeyX", alt: true },
  worst: { code: "KeyU", alt: true },
  panes: { code: "F6", alt: false },
  sheet: { code: "?", alt: false },
} as const;

export type KeyName = keyof typeof keys;

export interface Pressed {
  code: string;
  key: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
  keyCode: number;
}

export const onMac = (platform = globalThis.navigator?.platform ?? ""): boolean => /Mac|iPhone|iPad/.test(platform);

/** keyOf finds what a pressed key stands for; null while an input method has it. Inside a field "?" is a character. */
export function keyOf(e: Pressed, inField: boolean, mac: boolean): { name: KeyName; digit: number } | null {
  if (e.isComposing || e.keyCode === 229 || e.metaKey) return null;
  const bare = !e.altKey && !e.ctrlKey;
  if (bare && !inField && e.key === "?") return { name: "sheet", digit: 0 };
  if (bare && !e.shiftKey && e.code === "F6") return { name: "panes", digit: 0 };
  // Ctrl+Alt is AltGr elsewhere, and belongs to input methods.
  if (!e.altKey || e.ctrlKey !== mac || e.shiftKey) return null;
  const digit = /^Digit([1-9])$/.exec(e.code);
  if (digit) return { name: "nth", digit: Number(digit[1]) };
  for (const [name, chord] of Object.entries(keys))
    if (chord.alt && chord.code === e.code) return { name: name as KeyName, digit: 0 };
  return null;
}

/** keyText is how a key is written for people. */
export function keyText(name: KeyName, mac = onMac()): string {
  const { code, alt } = keys[name];
  const shown: Record<string, string> = { ArrowUp: "↑", ArrowDown: "↓", Digit: "1…9" };
  const last = shown[code] ?? code.replace(/^Key/, "");
  if (!alt) return last;
  return mac ? `⌃⌥${last}` : `Alt+${last}`;
}

type Handler = (digit: number) => void;
const handlers = new Map<KeyName, Handler[]>();
let on = true;

/** switchKeys turns all of them on or off. */
export function switchKeys(wanted: boolean): void {
  on = wanted;
}

export const keysOn = (): boolean => on;

/** useKey does something at a key while its component is there. The component that came last has the key. */
export function useKey(name: KeyName, handler: Handler, enabled = true): void {
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => {
    if (!enabled) return;
    const mine: Handler = digit => latest.current(digit);
    handlers.set(name, [...(handlers.get(name) ?? []), mine]);
    return () => {
      handlers.set(
        name,
        (handlers.get(name) ?? []).filter(other => other !== mine),
      );
    };
  }, [name, enabled]);
}

/** listenForKeys starts the one listener of the page. */
export function listenForKeys(): void {
  addEventListener("keydown", event => {
    if (!on || event.defaultPrevented || document.querySelector("[role=dialog][aria-modal=true]")) return;
    const found = keyOf(event, isField(event.target), onMac());
    const handler = found && handlers.get(found.name)?.at(-1);
    if (!found || !handler) return;
    event.preventDefault();
    handler(found.digit);
  });
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
