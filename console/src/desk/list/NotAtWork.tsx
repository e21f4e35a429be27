import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { beginShift } from "../../session/work";

/** NotAtWork is what one sees who has only opened the page. */
export function NotAtWork({ has }: { has: boolean }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  return (
    <div className="off">
      <strong>{t("presence.off")}</strong>
      <p>
        {t("presence.offLead")} {has && t("presence.offMine")}
      </p>
      <Button
        variant="filled"
        fullWidth
        loading={busy}
        onClick={async () => {
          setBusy(true);
          await beginShift(t);
          setBusy(false);
        }}
      >
        {t("presence.start")}
      </Button>
    </div>
  );
}
