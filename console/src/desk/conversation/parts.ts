/** Part of a text: words, a link, or an emoticon of WeChat's as a word. */
export type Part =
  | { kind: "text"; text: string }
  | { kind: "link"; text: string; href: string }
  | { kind: "emoji"; text: string; name: string };

// WeChat's short forms, as its clients name them.
const emoticons: Record<string, string> = {
  "/::)": "微笑",
  "/::~": "撇嘴",
  "/::B": "色",
  "/::|": "发呆",
  "/:8-)": "得意",
  "/::<": "流泪",
  "/::$": "害羞",
  "/::X": "闭嘴",
  "/::Z": "睡",
  "/::'(": "大哭",
  "/::-|": "尴尬",
  "/::@": "发怒",
  "/::P": "调皮",
  "/::D": "呲牙",
  "/::O": "惊讶",
  "/::(": "难过",
  "/:strong": "强",
  "/:weak": "弱",
  "/:rose": "玫瑰",
  "/:heart": "爱心",
  "/:ok": "OK",
  "/:share": "握手",
  "/:handclap": "鼓掌",
  "/:bye": "再见",
};

const escaped = Object.keys(emoticons)
  .sort((a, b) => b.length - a.length)
  .map(code => code.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
  .join("|");
const pattern = new RegExp(`(https?://[^\\s<>"'，。；！？、（）【】《》“”]+)|(${escaped})|(\\[[\\p{L}]{1,6}\\])`, "gu");

/** partsOf takes a text apart. Only http and https become links; the host that is shown is the one that would be opened. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const [whole, link, code, word] = match;
    const part: Part | null = link
      ? linkOf(link)
      : code
        ? { kind: "emoji", text: `[${emoticons[code]}]`, name: emoticons[code]! }
        : { kind: "emoji", text: word!, name: word!.slice(1, -1) };
    if (!part) continue;
    if (match.index > from) parts.push({ kind: "text", text: text.slice(from, match.index) });
    parts.push(part);
    from = match.index + whole.length;
  }
  if (from < text.length) parts.push({ kind: "text", text: text.slice(from) });
  return parts;
}

const mostShown = 80;

function linkOf(written: string): Part | null {
  const trimmed = written.replace(/[.,;:!?)\]]+$/, "");
  if (!URL.canParse(trimmed)) return null;
  const url = new URL(trimmed);
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  const shown = url.host + (url.pathname === "/" ? "" : url.pathname) + url.search + url.hash;
  return { kind: "link", text: shown.length > mostShown ? `${shown.slice(0, mostShown)}…` : shown, href: url.href };
}
