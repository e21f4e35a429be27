import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { onEvent } from "../../live/live";
import { store, useLive } from "../../live/store";
import "../desk.css";
import { watchBell } from "./bell";
import { OfferCard } from "./OfferCard";

interface Farewell {
  assignment: string;
  text: string;
}

const saidFor = 3000;
const wentOn = new Set(["missed", "unseen"]);

/** Offers are cards at a fixed place above everything. They never take the focus. */
export function Offers() {
  const { t, i18n } = useTranslation();
  const [, go] = useLocation();
  const offers = useLive(s => s.offers);
  const [over, setOver] = useState<Farewell | null>(null);
  const answered = useRef(new Set<string>());
  const shown = Object.entries(offers).sort((a, b) => Date.parse(a[1].deadline) - Date.parse(b[1].deadline));

  useEffect(
    () =>
      watchBell(
        () => ({ notification: t("offer.notification"), body: t("offer.notificationPlain"), mark: t("offer.titleMark") }),
        () => go("/desk"),
      ),
    [i18n.language],
  );

  // An offer that ends without our doing says why, for a moment.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const known: Record<string, { assignment_id: string }> = { ...store.get().offers };
    const stop = onEvent(event => {
      if (event.name === "offer") known[event.data.conversation_id] = event.data;
      if (event.name !== "offer-over") return;
      const offer = known[event.data.conversation_id];
      delete known[event.data.conversation_id];
      if (!offer || answered.current.has(offer.assignment_id)) return;
      setOver({ assignment: offer.assignment_id, text: t(wentOn.has(event.data.outcome) ? "offer.late" : "offer.taken") });
      clearTimeout(timer);
      timer = setTimeout(() => setOver(null), saidFor);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [t]);

  return (
    <aside className="offers" aria-label={t("offer.title")}>
      {over && (
        <p className="offer-over" role="status">
          {over.text}
        </p>
      )}
      {shown.map(([id, offer], i) => (
        <OfferCard
          key={offer.assignment_id}
          id={id}
          offer={offer}
          first={i === 0}
          onAnswered={() => answered.current.add(offer.assignment_id)}
        />
      ))}
    </aside>
  );
}

export default Offers;
