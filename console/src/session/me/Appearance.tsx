import { SegmentedControl } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Language, language } from "../../words/words";
import { usePreferred } from "../preferences";
import { usePrefer } from "./prefer";

export function Appearance() {
  const { t } = useTranslation();
  const { theme } = usePreferred();
  const prefer = usePrefer();
  return (
    <section>
      <h2>{t("me.appearance")}</h2>
      <div className="me-row">
        <span id="me-language">{t("app.language.label")}</span>
        <SegmentedControl
          aria-labelledby="me-language"
          value={language()}
          onChange={value => prefer({ locale: value as Language })}
          data={[
            { value: "zh-CN", label: t("app.language.zh") },
            { value: "en", label: t("app.language.en") },
          ]}
        />
      </div>
      <div className="me-row">
        <span id="me-theme">{t("me.theme")}</span>
        <SegmentedControl
          aria-labelledby="me-theme"
          value={theme}
          onChange={value => prefer({ theme: value as typeof theme })}
          data={[
            { value: "auto", label: t("me.themeAuto") },
            { value: "light", label: t("me.themeLight") },
            { value: "dark", label: t("me.themeDark") },
          ]}
        />
      </div>
    </section>
  );
}
