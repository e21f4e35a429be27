import { Skeleton } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Conversation, Entry } from "../../api/model";
import { now } from "../../live/clock";
import { markRead, readBefore } from "../../live/reads";
import { useLive } from "../../live/store";
import { IconDown } from "../../ui/icons";
import { dayText } from "../../ui/time";
import { usePendings } from "../composer/post";
import { Bubble, PendingBubble } from "./Bubble";
import { lastSeenSeq, type Row, rowsOf } from "./rows";

const nearEnd = 60;
/** So many lines before the first one, older ones are read already. */
const readAhead = 12;

/** Transcript shows the newest lines and reads older ones when one scrolls there. Only what is in sight is drawn. */
export function Transcript({ id, conversation: c }: { id: string; conversation: Conversation | undefined }) {
  const { t, i18n } = useTranslation();
  const lines = useLive(s => s.lines[id]);
  const all = usePendings();
  const pendings = useMemo(() => all.filter(p => p.conversation === id), [all, id]);
  const seen = useLastSeen(lines?.items, c?.unread);
  const rows = useMemo(() => (lines ? rowsOf(lines.items, pendings, seen) : []), [lines, pendings, seen]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 58,
    getItemKey: i => rows[i]?.key ?? i,
    overscan: 10,
    paddingStart: 36, // for what stands above the first line
    paddingEnd: 12,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: nearEnd,
  });
  const began = useRef(false);
  useEffect(() => {
    if (rows.length === 0 || began.current) return;
    began.current = true;
    virtual.scrollToEnd();
  }, [rows.length, virtual]);

  const newest = lines?.items.at(-1)?.seq ?? 0;
  const away = useAway(scroller, virtual, newest, lines?.items ?? none);
  useRead(id, newest, c !== undefined && c.unread > 0 && !away.shown);

  // A line of one's own is always shown, wherever one was reading.
  const own = pendings.at(-1)?.key;
  useEffect(() => {
    if (own && began.current) virtual.scrollToEnd();
  }, [own, virtual]);

  const first = virtual.range?.startIndex ?? readAhead;
  const older = lines?.before === true && first < readAhead;
  useEffect(() => {
    if (older && began.current) void readBefore(id);
  }, [older, id, lines?.items[0]?.seq]);

  return (
    <div className="transcript-box">
      <div className="transcript" ref={scroller} role="log" aria-live="off" aria-label={t("conversation.lines")} tabIndex={0}>
        {!lines && <Loading />}
        <div className="transcript-lines" style={{ height: virtual.getTotalSize() }}>
          {lines?.before && <p className="line-mark older">{t("conversation.older")}</p>}
          {virtual.getVirtualItems().map(item => (
            <div
              key={item.key}
              data-index={item.index}
              ref={virtual.measureElement}
              className="transcript-item"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <RowView row={rows[item.index]!} conversation={c} locale={i18n.language} />
            </div>
          ))}
        </div>
      </div>
      {away.shown && (
        <button type="button" className="plain pill" onClick={() => virtual.scrollToEnd({ behavior: "auto" })}>
          <IconDown size={15} />
          {away.count > 0 ? t("conversation.pill", { count: away.count }) : t("conversation.bottom")}
        </button>
      )}
      <Announcer items={lines?.items ?? none} who={c?.customer.label ?? ""} />
    </div>
  );
}

const none: never[] = [];

function RowView({ row, conversation, locale }: { row: Row; conversation: Conversation | undefined; locale: string }) {
  const { t } = useTranslation();
  return (
    <>
      {row.day !== null && (
        <p className="line-mark">
          <span>{dayText(t, row.day, now(), locale)}</span>
        </p>
      )}
      {row.isNew && (
        <p className="line-mark new">
          <span>{t("conversation.newLines")}</span>
        </p>
      )}
      {"entry" in row.line ? (
        <Bubble entry={row.line.entry} first={row.first} conversation={conversation} />
      ) : (
        <PendingBubble pending={row.line.pending} first={row.first} />
      )}
    </>
  );
}

function Loading() {
  return (
    <div className="transcript-loading" aria-hidden="true">
      {[52, 38, 60, 30, 46].map((width, i) => (
        <Skeleton key={width} height={36} width={`${width}%`} radius={10} ml={i % 2 ? "auto" : 0} />
      ))}
    </div>
  );
}

/** useLastSeen holds where the new lines began when the conversation was opened, or when one came back to the page. */
function useLastSeen(items: Entry[] | undefined, unread: number | undefined): number | null {
  const [seen, setSeen] = useState<number | null | undefined>(undefined);
  const newest = useRef(0);
  newest.current = items?.at(-1)?.seq ?? 0;
  useEffect(() => {
    if (seen === undefined && items && unread !== undefined) setSeen(lastSeenSeq(items, unread));
  }, [items, unread, seen]);
  useEffect(() => {
    let left = 0;
    const look = () => {
      if (document.hidden) left = newest.current;
      else if (left > 0 && newest.current > left) setSeen(left);
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return seen ?? null;
}

const readAfter = 400;
const againAfter = 2000;

/** useRead tells the API how far a person has read, while there is something unread and its end is in sight. */
function useRead(id: string, newest: number, isUnread: boolean): void {
  useEffect(() => {
    if (!isUnread || newest === 0) return;
    let timer: ReturnType<typeof setTimeout>;
    const tell = async () => {
      if (document.hidden || (await markRead(id, newest))) return;
      timer = setTimeout(tell, againAfter);
    };
    timer = setTimeout(tell, readAfter);
    document.addEventListener("visibilitychange", tell);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", tell);
    };
  }, [id, newest, isUnread]);
}

/** useAway counts what has come while one reads further up. */
function useAway(
  scroller: { current: HTMLDivElement | null },
  virtual: { getDistanceFromEnd: () => number },
  newest: number,
  items: { seq: number }[],
): { shown: boolean; count: number } {
  const [away, setAway] = useState(false);
  const seen = useRef(0);
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const look = () => setAway(virtual.getDistanceFromEnd() > nearEnd * 2);
    box.addEventListener("scroll", look, { passive: true });
    return () => box.removeEventListener("scroll", look);
  }, [scroller, virtual]);
  useEffect(() => {
    if (!away) seen.current = newest;
  }, [away, newest]);
  return { shown: away, count: away ? items.filter(entry => entry.seq > seen.current && seen.current > 0).length : 0 };
}

/** Announcer tells screen readers of new lines of the customer, joined and politely. */
function Announcer({ items, who }: { items: Entry[]; who: string }) {
  const { t } = useTranslation();
  const last = useRef<number | null>(null);
  const [text, setText] = useState("");
  const newest = items.at(-1)?.seq ?? 0;
  useEffect(() => {
    const before = last.current;
    if (newest === 0) return;
    const timer = setTimeout(() => {
      last.current = newest;
      if (before === null) return;
      const count = items.filter(
        entry => entry.seq > before && entry.kind === "message" && entry.author.kind === "customer",
      ).length;
      if (count > 0) setText(t("conversation.announced", { who, count }));
    }, 800);
    return () => clearTimeout(timer);
  }, [newest, items, who, t]);
  return (
    <p className="sr" aria-live="polite">
      {text}
    </p>
  );
}
