import { Button } from "@mantine/core";
import i18n from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { commands } from "../../api/commands";
import type { Conversation, Delivery, Message } from "../../api/model";
import { readNewest } from "../../live/reads";
import { useLive } from "../../live/store";
import { act } from "../act";

/** Failed says why a message did not arrive, or that nobody knows, and sends it again. What may have arrived asks once more. */
export function Failed({
  conversation: c,
  message,
  delivery,
}: {
  conversation: Conversation | undefined;
  message: Message;
  delivery: Delivery;
}) {
  const { t } = useTranslation();
  const agent = useLive(s => s.agent);
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const unknown = delivery.status === "unknown";
  const may = c !== undefined && c.agent_id === agent && c.state === "active";

  async function again() {
    setBusy(true);
    await act(t, key => commands.resend(c!.id, message.id, key));
    await readNewest(c!.id);
    setBusy(false);
    setAsked(false);
  }

  return (
    <div className={`said-trouble ${unknown ? "unknown" : ""}`}>
      <span>
        {t(unknown ? "delivery.unknown" : "delivery.failed")}
        {!unknown && delivery.reason && ` · ${reasonText(delivery.reason)}`}
      </span>
      {may && !asked && (
        <Button size="compact-xs" loading={busy} onClick={() => (unknown ? setAsked(true) : void again())}>
          {t("delivery.again")}
        </Button>
      )}
      {may && asked && (
        <>
          <span>{t("delivery.askAgain")}</span>
          <Button size="compact-xs" loading={busy} onClick={() => void again()}>
            {t("delivery.sendAnyway")}
          </Button>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setAsked(false)}>
            {t("delivery.cancel")}
          </Button>
        </>
      )}
    </div>
  );
}

function reasonText(reason: string): string {
  const key = `deliveryReason.${reason}`;
  return i18n.exists(key) ? i18n.t(key as "deliveryReason.answer-lost") : i18n.t("deliveryReason.other", { reason });
}
