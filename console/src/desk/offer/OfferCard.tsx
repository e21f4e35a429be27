import { Button, Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { commands } from "../../api/commands";
import { now, useSecond } from "../../live/clock";
import { useNames } from "../../live/directory";
import type { OfferStub } from "../../live/state";
import { store, useLive } from "../../live/store";
import { Countdown } from "../../ui/Countdown";
import { whenNotComposing } from "../../ui/composition";
import { keyText, useKey } from "../../ui/keys";
import { waitText } from "../../ui/time";
import { problemText } from "../../words/problem";
import { act } from "../act";
import { focusComposer } from "../composer/focus";
import { excerptOf } from "../conversation/excerpt";
import { seen } from "./bell";

/** OfferCard asks for an answer before a deadline. Its facts may come later than itself; accepting works at once. */
export function OfferCard({
  id,
  offer,
  first,
  onAnswered,
}: {
  id: string;
  offer: OfferStub;
  first: boolean;
  onAnswered: () => void;
}) {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const c = useLive(s => s.conversations[id]);
  const name = useNames();
  const [busy, setBusy] = useState<"" | "accept" | "decline">("");
  const [trouble, setTrouble] = useState("");

  useEffect(() => {
    const painted = () => !document.hidden && requestAnimationFrame(() => void seen(id, offer.assignment_id));
    painted();
    document.addEventListener("visibilitychange", painted);
    return () => document.removeEventListener("visibilitychange", painted);
  }, [id, offer.assignment_id]);

  async function answer(what: "accept" | "decline") {
    if (busy) return;
    setBusy(what);
    setTrouble("");
    onAnswered();
    const refusal = await act(t, key => commands[what](id, offer.assignment_id, key), true);
    setBusy("");
    if (refusal?.type === "offer-over") return forget(id, offer.assignment_id);
    if (refusal) return setTrouble(refusal.type === "at-capacity" ? t("offer.full") : problemText(t, refusal));
    forget(id, offer.assignment_id);
    if (what === "accept")
      whenNotComposing(() => {
        go(`/desk/c/${id}`);
        focusComposer();
      });
  }

  useKey("accept", () => void answer("accept"), first);
  useKey("decline", () => void answer("decline"), first);
  const seconds = Math.max(0, Math.round((Date.parse(offer.deadline) - now()) / 1000));
  const [announced] = useState(() => t("offer.said", { seconds }));

  return (
    <section className="offer" aria-label={t("offer.label", { who: c?.customer.label ?? "" })} data-offer={id}>
      <p className="sr" role="alert">
        {announced}
      </p>
      <div className="offer-top">
        <Countdown until={offer.deadline} size={44} />
        <div className="offer-who">
          <strong>{c ? c.customer.label : t("offer.title")}</strong>
          <span className="quiet">
            {c
              ? [name("workstream", c.workstream_id) || name("account", c.account_id), name("queue", c.queue_id)]
                  .filter(Boolean)
                  .join(" · ")
              : t("offer.loading")}
          </span>
        </div>
        {c?.waiting_since && <Waited since={c.waiting_since} />}
      </div>
      {c && (c.summary || c.last) && (
        <p className="offer-said">
          <bdi>{c.summary || excerptOf(t, c)}</bdi>
        </p>
      )}
      {trouble && (
        <p className="offer-trouble" role="alert">
          {trouble}
        </p>
      )}
      <div className="offer-acts">
        <Tooltip label={keyText("accept")} disabled={!first}>
          <Button
            variant="filled"
            loading={busy === "accept"}
            disabled={busy === "decline"}
            onClick={() => void answer("accept")}
          >
            {t("offer.accept")}
          </Button>
        </Tooltip>
        <Tooltip label={keyText("decline")} disabled={!first}>
          <Button loading={busy === "decline"} disabled={busy === "accept"} onClick={() => void answer("decline")}>
            {t("offer.decline")}
          </Button>
        </Tooltip>
      </div>
    </section>
  );
}

function Waited({ since }: { since: string }) {
  const { t } = useTranslation();
  return <span className="offer-waited num">{t("offer.waited", { wait: waitText(useSecond() - Date.parse(since)) })}</span>;
}

/** forget takes the card away at once; the stream says the same soon. */
function forget(id: string, assignment: string): void {
  const { offers, ...rest } = store.get();
  if (offers[id]?.assignment_id !== assignment) return;
  const { [id]: _, ...others } = offers;
  store.set({ ...rest, offers: others });
}
