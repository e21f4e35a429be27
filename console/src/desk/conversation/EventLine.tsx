import { useTranslation } from "react-i18next";
import type { Conversation, Entry } from "../../api/model";
import { Clock } from "../../ui/Moment";
import { eventText } from "./event";

/** EventLine tells what the customer did without writing, in grey like a step: there is nothing to answer. */
export function EventLine({ entry, conversation: c }: { entry: Entry; conversation: Conversation | undefined }) {
  const { t } = useTranslation();
  const message = entry.message;
  if (!message) return null;
  return (
    <p className="step-line" data-event={message.kind}>
      <bdi>{c?.customer.label ?? t("author.customer")}</bdi> {eventText(t, message.kind)} <Clock at={entry.at} />
    </p>
  );
}
