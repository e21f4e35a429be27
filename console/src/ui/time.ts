import type { TFunction } from "i18next";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** waitText is a wait as a stop-watch shows it: 0:48, 12:05, 1:02:33. */
export function waitText(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const s = String(total % 60).padStart(2, "0");
  const m = Math.floor(total / 60) % 60;
  const h = Math.floor(total / 3600);
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}

/** span is a length of time in its two largest units, such as 47 h 12 m. Hours go on to three days, because a reply window has 48. */
export function span(ms: number): [number, "d" | "h" | "m" | "s"][] {
  const left = Math.max(0, ms);
  if (left >= 3 * day) return both([Math.floor(left / day), "d"], [Math.floor((left % day) / hour), "h"]);
  if (left >= hour) return both([Math.floor(left / hour), "h"], [Math.floor((left % hour) / minute), "m"]);
  if (left >= minute) return [[Math.floor(left / minute), "m"]];
  return [[Math.floor(left / 1000), "s"]];
}

function both(first: [number, "d" | "h"], second: [number, "h" | "m"]): [number, "d" | "h" | "m"][] {
  return second[0] > 0 ? [first, second] : [first];
}

export function spanText(t: TFunction, ms: number): string {
  return span(ms)
    .map(([n, unit]) => t(`time.${unit}`, { n }))
    .join(t("time.join"));
}

/** clockText is 14:02, with seconds where they matter. */
export function clockText(at: number, locale: string, seconds = false): string {
  return new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  }).format(at);
}

/** momentText is a time near now: relative within the hour, then the clock, then the day with it. */
export function momentText(t: TFunction, at: number, now: number, locale: string): string {
  const ago = now - at;
  if (ago >= 0 && ago < minute) return t("time.now");
  if (ago > 0 && ago < hour) return t("time.minutes", { n: Math.floor(ago / minute) });
  return dayAndClock(at, now, locale);
}

/** dayAndClock leaves the day out where it is today. */
export function dayAndClock(at: number, now: number, locale: string): string {
  if (sameDay(at, now)) return clockText(at, locale);
  const date = new Intl.DateTimeFormat(locale, { month: "numeric", day: "numeric" }).format(at);
  return `${date} ${clockText(at, locale)}`;
}

export function exactText(at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" }).format(at);
}

export function dayText(t: TFunction, at: number, now: number, locale: string): string {
  if (sameDay(at, now)) return t("conversation.today");
  if (sameDay(at, now - day)) return t("conversation.yesterday");
  return new Intl.DateTimeFormat(locale, { dateStyle: "full" }).format(at);
}

export const sameDay = (a: number, b: number): boolean => new Date(a).toDateString() === new Date(b).toDateString();
