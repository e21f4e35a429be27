import { Skeleton } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Conversation } from "../../api/model";
import { useNames } from "../../live/directory";
import { useLive } from "../../live/store";
import { sections, useMine } from "../../live/work";
import { useMe } from "../../session/session";
import { Empty } from "../../ui/Empty";
import { NotAtWork } from "./NotAtWork";
import { Overdue } from "./Overdue";
import { Row } from "./Row";

type Line = { head: "needsAnswer" | "answered" | "aside" | "wrapUp"; count: number } | { conversation: Conversation };

const headHeight = 34;
const rowHeight = 64;

/** List is what I have, by what it asks of me. Only the rows in sight are drawn. */
export function List({ open }: { open: string | null }) {
  const { t } = useTranslation();
  const all = useMine();
  const ready = useLive(s => s.ready);
  const more = useLive(s => s.more.mine);
  const offered = useLive(s => Object.keys(s.offers).length > 0);
  const me = useMe();
  const lines = useMemo(() => linesOf(all), [all]);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: i => ("head" in lines[i]! ? headHeight : rowHeight),
    getItemKey: i => keyOf(lines[i]!),
    overscan: 8,
  });

  return (
    <nav className="pane list" aria-label={t("list.label")} data-pane tabIndex={-1}>
      {open === null && <h1 className="sr">{t("list.label")}</h1>}
      {!me.shift && <NotAtWork has={all.length > 0} />}
      <Overdue of={all} />
      <div className="list-scroll" ref={scroller}>
        {!ready && <Loading />}
        {ready && all.length === 0 && !offered && <NobodyWaits />}
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map(item => {
            const line = lines[item.index]!;
            return (
              <div key={item.key} className="list-item" style={{ height: item.size, transform: `translateY(${item.start}px)` }}>
                {"head" in line ? (
                  <h2 className="list-head">
                    {t(`list.${line.head}`)} <span className="num">{line.count}</span>
                  </h2>
                ) : (
                  <Row conversation={line.conversation} open={line.conversation.id === open} />
                )}
              </div>
            );
          })}
        </div>
        {more && <p className="list-more">{t("list.more")}</p>}
      </div>
    </nav>
  );
}

function linesOf(all: Conversation[]): Line[] {
  const s = sections(all);
  return (["needsAnswer", "answered", "aside", "wrapUp"] as const).flatMap(head =>
    s[head].length === 0 ? [] : [{ head, count: s[head].length }, ...s[head].map(conversation => ({ conversation }))],
  );
}

const keyOf = (line: Line): string => ("head" in line ? line.head : line.conversation.id);

function Loading() {
  return (
    <div className="list-loading" aria-hidden="true">
      {[0, 1, 2].map(n => (
        <div key={n}>
          <Skeleton height={12} width="50%" mb={8} />
          <Skeleton height={10} width="80%" />
        </div>
      ))}
    </div>
  );
}

function NobodyWaits() {
  const { t } = useTranslation();
  const me = useMe();
  const told = useLive(s => s.presence);
  const name = useNames();
  const queues = (me.agent?.queues ?? []).map(id => name("queue", id)).filter(Boolean);
  const available = me.shift && (told ?? me.agent)?.presence === "available";
  return (
    <Empty title={t("list.nobody")}>
      {available && <span>{t("list.nobodyAvailable")}</span>}
      {me.agent?.queues.length === 0 && <span>{t("list.noQueues")}</span>}
      {queues.length > 0 && <span>{t("list.queues", { names: queues.join(" · ") })}</span>}
    </Empty>
  );
}
