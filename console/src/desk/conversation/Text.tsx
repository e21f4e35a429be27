import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { partsOf } from "./parts";

const mostLines = 12;
const mostCharacters = 700;

/** Text shows what somebody wrote, as it was written, isolated in its own direction. Long ones are folded. */
export function Text({ text }: { text: string }) {
  const { t } = useTranslation();
  const [whole, setWhole] = useState(false);
  const parts = useMemo(() => partsOf(text), [text]);
  const long = text.length > mostCharacters || text.split("\n").length > mostLines;
  return (
    <>
      <div className={`text ${long && !whole ? "folded" : ""}`} dir="auto">
        {parts.map((part, i) => {
          const key = `${i}-${part.kind}`;
          if (part.kind === "link")
            return (
              <a key={key} href={part.href} target="_blank" rel="noopener noreferrer nofollow" title={part.href}>
                {part.text}
              </a>
            );
          if (part.kind === "emoji")
            return (
              <span key={key} className="emoji" title={t("kind.emoji", { name: part.name })}>
                {part.text}
              </span>
            );
          return <span key={key}>{part.text}</span>;
        })}
      </div>
      {long && (
        <button type="button" className="plain text-more" onClick={() => setWhole(!whole)}>
          {t(whole ? "conversation.showLess" : "conversation.showMore")}
        </button>
      )}
    </>
  );
}
