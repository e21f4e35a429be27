import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { commands } from "../api/commands";
import type { Conversation } from "../api/model";
import { useSecond } from "../live/clock";
import { useNames } from "../live/directory";
import { useLive } from "../live/store";
import { useWaiting } from "../live/work";
import { Empty } from "../ui/Empty";
import { waitText } from "../ui/time";
import { act } from "./act";
import { focusComposer } from "./composer/focus";
import { excerptOf } from "./conversation/excerpt";
import "./desk.css";

/** What waits in my queues and may be picked, the longest first. */
export default function OpenPage() {
  const { t } = useTranslation();
  const waiting = useWaiting();
  const ready = useLive(s => s.ready);
  const more = useLive(s => s.more.open);
  return (
    <div className="open">
      <h1>{t("open.title")}</h1>
      <p className="quiet">{t("open.lead")}</p>
      {ready && waiting.length === 0 && <Empty title={t("open.empty")}>{t("open.emptyLead")}</Empty>}
      <ul className="open-list">
        {waiting.map(c => (
          <Waiting key={c.id} conversation={c} />
        ))}
      </ul>
      {more && <p className="list-more">{t("list.more")}</p>}
    </div>
  );
}

function Waiting({ conversation: c }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const name = useNames();
  const [busy, setBusy] = useState(false);
  const where = [name("queue", c.queue_id), name("workstream", c.workstream_id)].filter(Boolean).join(" · ");
  return (
    <li className="open-row" data-waiting={c.id}>
      <div className="open-who">
        <strong>{c.customer.label}</strong>
        <span className="quiet">{where}</span>
        <bdi className="open-said">{c.summary || excerptOf(t, c)}</bdi>
      </div>
      {c.waiting_since && <WaitedSoFar since={c.waiting_since} />}
      <Button
        loading={busy}
        onClick={async () => {
          setBusy(true);
          const refusal = await act(t, key => commands.pick(c.id, key));
          setBusy(false);
          if (refusal) return;
          go(`/desk/c/${c.id}`);
          focusComposer();
        }}
      >
        {t("open.pick")}
      </Button>
    </li>
  );
}

function WaitedSoFar({ since }: { since: string }) {
  const { t } = useTranslation();
  const wait = waitText(useSecond() - Date.parse(since));
  return (
    <span className="num open-waits" title={t("list.waits", { wait })}>
      {wait}
    </span>
  );
}
