import i18n from "i18next";
import { initReactI18next } from "react-i18next";
import type { zhCN } from "./zh-CN";

/** Words has the keys of the Chinese words, with texts of another language. */
export type Words = Texts<typeof zhCN>;
type Texts<T> = { [K in keyof T]: T[K] extends string ? string : Texts<T[K]> };

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "words";
    resources: { words: typeof zhCN };
  }
}

export type Language = "zh-CN" | "en";

const load: Record<Language, () => Promise<Words>> = {
  "zh-CN": async () => (await import("./zh-CN")).zhCN,
  en: async () => (await import("./en")).en,
};

/** speak loads a language and shows everything in it. */
export async function speak(language: Language): Promise<void> {
  const words = await load[language]();
  if (!i18n.isInitialized) {
    await i18n.use(initReactI18next).init({
      lng: language,
      fallbackLng: false,
      ns: ["words"],
      defaultNS: "words",
      resources: { [language]: { words } },
      interpolation: { escapeValue: false }, // React does that
      returnNull: false,
      parseMissingKeyHandler: key => {
        console.error(`there are no words for ${key}`);
        return key;
      },
    });
  } else {
    i18n.addResourceBundle(language, "words", words);
    await i18n.changeLanguage(language);
  }
  document.documentElement.lang = language;
}

/** translate is for words outside of components. */
export const translate = (): typeof i18n.t => i18n.t;

export const language = (): Language => (i18n.language === "en" ? "en" : "zh-CN");

/** languageOf is the language to begin with: the person's own, or the browser's. */
export function languageOf(own: string | undefined, browser: readonly string[] = navigator.languages): Language {
  if (own === "zh-CN" || own === "en") return own;
  const first = browser.find(tag => /^(zh|en)\b/i.test(tag));
  return first && /^en\b/i.test(first) ? "en" : "zh-CN";
}
