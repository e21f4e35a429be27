import { useTranslation } from "react-i18next";
import { useSecond } from "../live/clock";
import { answerClock } from "./answer";
import { waitText } from "./time";

/** AnswerClock runs while a customer is without an answer. The words are for who cannot see the colour. */
export function AnswerClock({ of: c }: { of: { unanswered_since: string | null; answered_at: string | null } }) {
  const { t } = useTranslation();
  const answer = answerClock(c, useSecond());
  if (!answer) return null;
  const wait = waitText(answer.waited);
  const words = t(answer.mood === "overdue" ? "list.waitsOverdue" : "list.waits", { wait });
  return (
    <span className={`clock ${answer.mood}`} title={words}>
      {answer.mood === "overdue" && <span aria-hidden="true">! </span>}
      <span aria-hidden="true">{wait}</span>
      <span className="sr">{words}</span>
    </span>
  );
}
