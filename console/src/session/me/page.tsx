import { useTranslation } from "react-i18next";
import { licences } from "../../ui/assets";
import { useMe } from "../session";
import { Appearance } from "./Appearance";
import { Keyboard } from "./Keyboard";
import { Password } from "./Password";
import { Sessions } from "./Sessions";
import { Sounds } from "./Sounds";

/** What a person decides for themselves. All of it is kept by the API, so that it is the same at every desk. */
export default function MePage() {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <div className="me">
      <h1>{t("me.title")}</h1>
      <Appearance />
      {me.agent && <Sounds />}
      <Keyboard />
      {me.user_id && <Password />}
      {me.user_id && <Sessions />}
      <section>
        <h2>{t("me.about")}</h2>
        <a href={licences()} target="_blank" rel="noreferrer">
          {t("me.licences")}
        </a>
      </section>
    </div>
  );
}
