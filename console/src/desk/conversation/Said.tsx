import { useTranslation } from "react-i18next";
import type { Message } from "../../api/model";
import { IconFile, IconLink, IconPlace } from "../../ui/icons";
import { kindText } from "./excerpt";
import { Text } from "./Text";

/** Said shows a message by its kind. Strangers wrote all of it: it is text, never markup. */
export function Said({ message: m }: { message: Message }) {
  const { t } = useTranslation();
  if (m.kind === "text" || (m.text && m.kind !== "location" && m.kind !== "link")) return <Text text={m.text} />;
  if (m.kind === "location")
    return (
      <span className="said-kind">
        <IconPlace size={16} />
        <bdi>{m.fields.Label || m.text || kindText(t, m.kind)}</bdi>
      </span>
    );
  if (m.kind === "link")
    return (
      <span className="said-kind">
        <IconLink size={16} />
        <Text text={[m.fields.Title, m.fields.Description, m.fields.Url].filter(Boolean).join("\n") || m.text} />
      </span>
    );
  return (
    <span className="said-kind">
      <IconFile size={16} />
      <span>
        {kindText(t, m.kind)}
        <span className="said-cannot">{t("kind.media")}</span>
      </span>
    </span>
  );
}
