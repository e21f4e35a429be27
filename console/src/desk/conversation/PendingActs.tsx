import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useTranslation } from "react-i18next";
import type { Pending } from "../composer/outbox";
import { outbox } from "../composer/post";

/** PendingActs is what one can do with a line that did not go out, or of which nobody knows. Its key stays, so it is never done twice. */
export function PendingActs({ pending: p }: { pending: Pending }) {
  const { t } = useTranslation();
  return (
    <div className={`said-trouble ${p.state === "unsure" ? "unknown" : ""}`} role="alert">
      <span>{t(p.state === "unsure" ? "delivery.unsureLong" : "delivery.stuck")}</span>
      <Button size="compact-xs" onClick={() => outbox.again(p.key)}>
        {t(p.state === "unsure" ? "delivery.tryAgain" : "delivery.again")}
      </Button>
      <Button
        size="compact-xs"
        variant="subtle"
        onClick={() =>
          void navigator.clipboard.writeText(p.text).then(() => notifications.show({ message: t("delivery.copied") }))
        }
      >
        {t("delivery.copy")}
      </Button>
      <Button size="compact-xs" variant="subtle" color="gray" onClick={() => outbox.discard(p.key)}>
        {t("delivery.discard")}
      </Button>
    </div>
  );
}
