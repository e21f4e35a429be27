import type { Preferences } from "../api/model";
import { useSession } from "./session";

export interface Preferred {
  sendKey: "enter" | "ctrl-enter";
  sounds: "on" | "hidden" | "off";
  volume: number;
  shortcuts: boolean;
  theme: "auto" | "light" | "dark";
}

/** preferred fills in what a person has not chosen. */
export function preferred(p: Preferences | undefined): Preferred {
  return {
    sendKey: p?.send_key ?? "enter",
    sounds: p?.sounds ?? "on",
    volume: p?.volume ?? 70,
    shortcuts: p?.shortcuts ?? true,
    theme: p?.theme ?? "auto",
  };
}

export function usePreferred(): Preferred {
  return preferred(useSession().me?.preferences);
}
