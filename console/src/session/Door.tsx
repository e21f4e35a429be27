import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { licences } from "../ui/assets";
import { language, speak } from "../words/words";
import "./session.css";

/** Door is the page before one is inside: a card on paper, with the language to choose. */
export function Door({ title, lead, children }: { title: string; lead?: string; children?: ReactNode }) {
  const { t } = useTranslation();
  const other = language() === "en" ? "zh-CN" : "en";
  return (
    <main className="door">
      <div className="door-card">
        <div className="door-brand">wxdesk</div>
        <h1>{title}</h1>
        {lead && <p className="door-lead">{lead}</p>}
        {children}
      </div>
      <footer className="door-foot">
        <button type="button" className="plain door-language" lang={other} onClick={() => void speak(other)}>
          {other === "en" ? t("app.language.en") : t("app.language.zh")}
        </button>
        <span aria-hidden="true">·</span>
        <a href={licences()} target="_blank" rel="noreferrer">
          {t("signIn.licences")}
        </a>
      </footer>
    </main>
  );
}
