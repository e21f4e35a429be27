import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import type { Conversation } from "../../api/model";
import { useSecond } from "../../live/clock";
import { answerClock } from "../../ui/answer";
import { keyText } from "../../ui/keys";
import { waitText } from "../../ui/time";

/** Overdue is one reminder for all who wait too long; it opens the one that waits longest. */
export function Overdue({ of: all }: { of: Conversation[] }) {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const now = useSecond();
  const late = all
    .map(c => ({ id: c.id, answer: c.state === "waiting" || c.state === "wrap_up" ? null : answerClock(c, now) }))
    .filter(one => one.answer?.mood === "overdue")
    .sort((a, b) => b.answer!.waited - a.answer!.waited);
  const worst = late[0];
  if (!worst) return null;
  return (
    <Tooltip label={`${t("keys.worst")} · ${keyText("worst")}`} position="right">
      <button type="button" className="plain overdue-strip" onClick={() => go(`/desk/c/${worst.id}`)}>
        <span>{t("list.overdue", { count: late.length })}</span>
        <span className="num">{t("list.overdueGo", { wait: waitText(worst.answer!.waited) })}</span>
      </button>
    </Tooltip>
  );
}
