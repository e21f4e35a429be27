import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Conversation } from "../../api/model";
import { now } from "../../live/clock";
import { useNames } from "../../live/directory";
import { dueAt } from "../../live/work";
import { AnswerClock } from "../../ui/AnswerClock";
import { Moment } from "../../ui/Moment";
import { dayAndClock } from "../../ui/time";
import { excerptOf } from "../conversation/excerpt";

/** Row is one conversation: who, since when they wait, and what was said last. */
export function Row({ conversation: c, open }: { conversation: Conversation; open: boolean }) {
  const { t } = useTranslation();
  const name = useNames();
  return (
    <Link href={`/desk/c/${c.id}`} className={`row ${c.unread > 0 ? "unread" : ""}`} aria-current={open ? "true" : undefined}>
      <span className="row-top">
        <span className="row-who">{c.customer.label}</span>
        <span className="row-where">{name("workstream", c.workstream_id) || name("account", c.account_id)}</span>
        <span className="row-when">
          <When of={c} />
        </span>
      </span>
      <span className="row-bottom">
        <bdi className="row-said">{excerptOf(t, c)}</bdi>
        {c.unread > 0 && (
          <span className="badge num">
            <span aria-hidden="true">{c.unread > 99 ? "99+" : c.unread}</span>
            <span className="sr">{t("list.unread", { count: c.unread })}</span>
          </span>
        )}
      </span>
    </Link>
  );
}

function When({ of: c }: { of: Conversation }) {
  const { t, i18n } = useTranslation();
  if (c.state === "waiting") {
    const until = dueAt(c, "wait-ends");
    return (
      <span className="quiet num">
        {until ? t("list.returns", { when: dayAndClock(Date.parse(until), now(), i18n.language) }) : t("list.returnsOnWrite")}
      </span>
    );
  }
  if (c.state === "wrap_up") {
    const until = dueAt(c, "wrap-up-ends");
    return until ? (
      <span className="quiet num">{t("list.holdUntil", { when: dayAndClock(Date.parse(until), now(), i18n.language) })}</span>
    ) : null;
  }
  if (c.unanswered_since) return <AnswerClock of={c} />;
  return c.last ? (
    <span className="quiet">
      <Moment at={c.last.at} />
    </span>
  ) : null;
}
