import type { TFunction } from "i18next";
import i18n from "i18next";
import type { Refusal } from "../api/problems";

/** problemText says in words why something was not done. */
export function problemText(t: TFunction, refusal: Refusal): string {
  const key = `problems.${refusal.type}`;
  if (i18n.exists(key)) return t(key as "problems.internal");
  return t("problems.other", { type: refusal.type });
}
