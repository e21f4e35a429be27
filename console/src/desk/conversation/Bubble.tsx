import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Conversation, Entry } from "../../api/model";
import { useNames } from "../../live/directory";
import { useLive } from "../../live/store";
import { DeliveryMark } from "../../ui/Delivery";
import { Clock } from "../../ui/Moment";
import type { Pending } from "../composer/outbox";
import { EventLine } from "./EventLine";
import { isEvent } from "./event";
import { Failed } from "./Failed";
import { PendingActs } from "./PendingActs";
import { Said } from "./Said";
import { StepLine } from "./StepLine";
import { Text } from "./Text";

/** Bubble is one line of the transcript: the customer's at the left, ours at the right, notes on yellow paper, steps in grey. */
export function Bubble({ entry, first, conversation }: { entry: Entry; first: boolean; conversation: Conversation | undefined }) {
  if (entry.kind === "step") return <StepLine entry={entry} />;
  if (entry.kind === "note") return <NoteLine entry={entry} />;
  if (isEvent(entry)) return <EventLine entry={entry} conversation={conversation} />;
  return <MessageLine entry={entry} first={first} conversation={conversation} />;
}

function MessageLine({
  entry,
  first,
  conversation: c,
}: {
  entry: Entry;
  first: boolean;
  conversation: Conversation | undefined;
}) {
  const { t } = useTranslation();
  const name = useNames();
  const agent = useLive(s => s.agent);
  const message = entry.message;
  if (!message) return null;
  const who = entry.author.kind;
  const own = who === "agent" && entry.author.id === agent;
  const label = own
    ? t("step.you")
    : who === "customer"
      ? (c?.customer.label ?? t("author.customer"))
      : entry.author.name || name("agent", entry.author.id) || t(`author.${who}`);
  const delivery = message.delivery;
  return (
    <div className={`said ${who} ${first ? "first" : ""}`} data-message={message.id} data-author={who}>
      {first && (
        <div className="said-who">
          {label} <Clock at={entry.at} />
        </div>
      )}
      <div className="said-line">
        <div className="bubble">
          <Said message={message} />
        </div>
        {delivery && <DeliveryMark status={delivery.status} />}
      </div>
      {delivery && (delivery.status === "failed" || delivery.status === "unknown") && (
        <Failed conversation={entry.message ? c : undefined} message={message} delivery={delivery} />
      )}
    </div>
  );
}

function NoteLine({ entry }: { entry: Entry }) {
  const { t } = useTranslation();
  const agent = useLive(s => s.agent);
  const by = entry.author.id === agent ? t("step.you") : entry.author.name || t(`author.${entry.author.kind}`);
  return (
    <div className="note-line">
      <div className="note-who">
        {t("conversation.note", { name: by })} <Clock at={entry.at} />
      </div>
      <Text text={entry.note?.text ?? ""} />
    </div>
  );
}

/** PendingBubble is what has been written and not yet been answered for. */
export function PendingBubble({ pending: p, first }: { pending: Pending; first: boolean }) {
  const { t } = useTranslation();
  const [now] = useState(() => new Date(p.at).toISOString());
  const status = p.state === "answered" || p.state === "sending" ? "sending" : p.state;
  if (p.kind === "note")
    return (
      <div className="note-line" data-pending={p.state}>
        <div className="note-who">
          {t("conversation.note", { name: t("step.you") })} <DeliveryMark status={status} tries={p.tries} />
        </div>
        <Text text={p.text} />
        {(p.state === "stuck" || p.state === "unsure") && <PendingActs pending={p} />}
      </div>
    );
  return (
    <div className={`said agent ${first ? "first" : ""}`} data-pending={p.state} data-author="agent">
      {first && (
        <div className="said-who">
          {t("step.you")} <Clock at={now} />
        </div>
      )}
      <div className="said-line">
        <div className="bubble">
          <Text text={p.text} />
        </div>
        <DeliveryMark status={status} tries={p.tries} />
      </div>
      {(p.state === "stuck" || p.state === "unsure") && <PendingActs pending={p} />}
    </div>
  );
}
