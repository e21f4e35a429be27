import type { TFunction } from "i18next";
import type { Entry } from "../../api/model";

const words = {
  subscribe: "event.subscribe",
  SCAN: "event.scan",
  CLICK: "event.click",
  location_select: "event.place",
} as const;

function wordsOf(kind: string): `event.${"subscribe" | "scan" | "click" | "place" | "scanByMenu" | "picture"}` | null {
  if (kind in words) return words[kind as keyof typeof words];
  if (kind.startsWith("scancode_")) return "event.scanByMenu";
  return kind.startsWith("pic_") ? "event.picture" : null;
}

/** isEvent says whether an entry is something that the customer did without writing, such as following the account. */
export const isEvent = (entry: Entry): boolean => entry.message !== undefined && wordsOf(entry.message.kind) !== null;

/** eventText is what was done, without who did it; "" where the kind is no event. Kinds are WeChat's own words. */
export function eventText(t: TFunction, kind: string): string {
  const key = wordsOf(kind);
  return key ? t(key) : "";
}
