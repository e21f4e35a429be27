import type { TFunction } from "i18next";
import type { Conversation } from "../../api/model";
import { eventText } from "./event";

/** excerptOf is the last line in a row: who said it where it was not the customer, and what. */
export function excerptOf(t: TFunction, c: Conversation): string {
  if (!c.last) return "";
  const said = c.last.excerpt || eventText(t, c.last.kind) || kindText(t, c.last.kind);
  if (c.last.author === "agent") return t("list.you") + said;
  if (c.last.author === "bot") return t("list.bot") + said;
  if (c.last.author === "system") return t("list.system") + said;
  return said;
}

const known = new Set(["image", "voice", "video", "shortvideo", "location", "link"]);

/** kindText names what is no text: a picture, a place, or WeChat's own word for it. */
export function kindText(t: TFunction, kind: string): string {
  if (kind === "" || kind === "text") return t("list.noText");
  return known.has(kind) ? `[${t(`kind.${kind}` as "kind.image")}]` : `[${t("kind.other", { kind })}]`;
}
