import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { IconClock, IconQuestion, IconTick, IconWarning } from "./icons";

export type DeliveryShown = "queued" | "sending" | "sent" | "failed" | "unknown" | "waiting" | "retrying" | "unsure" | "stuck";

const icons = {
  queued: IconClock,
  sending: IconClock,
  waiting: IconClock,
  retrying: IconClock,
  sent: IconTick,
  failed: IconWarning,
  stuck: IconWarning,
  unsure: IconQuestion,
  unknown: IconQuestion,
};

/** DeliveryMark is a clock, a tick, a warning or a question mark, with its words on hover and for screen readers. */
export function DeliveryMark({ status, tries = 0 }: { status: DeliveryShown; tries?: number }) {
  const { t } = useTranslation();
  const words = t(`delivery.${status}`, { tries });
  const Icon = icons[status];
  return (
    <Tooltip label={words}>
      <span className={`delivery ${status}`} data-delivery={status}>
        <Icon size={15} />
        <span className="sr">{words}</span>
      </span>
    </Tooltip>
  );
}
