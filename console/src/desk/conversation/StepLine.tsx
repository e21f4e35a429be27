import { useTranslation } from "react-i18next";
import type { Entry } from "../../api/model";
import { now } from "../../live/clock";
import { useNames } from "../../live/directory";
import { useLive } from "../../live/store";
import { Clock } from "../../ui/Moment";
import { dayAndClock } from "../../ui/time";

/** StepLine tells what happened with the conversation, between what was said. */
export function StepLine({ entry }: { entry: Entry }) {
  const { t, i18n } = useTranslation();
  const name = useNames();
  const me = useLive(s => s.agent);
  const step = entry.step;
  if (!step) return null;
  const person = (id: string | null | undefined, told: string) =>
    id && id === me ? t("step.you") : told || name("agent", id) || t("step.somebody");
  const who = person(entry.author.id, entry.author.name);
  const agent = person(step.to?.agent_id, "");
  const queue = name("queue", step.to?.queue_id);
  const target = step.to?.agent_id ? agent : queue || t("step.somebody");
  const until = step.until ? dayAndClock(Date.parse(step.until), now(), i18n.language) : "";
  const text = (() => {
    if (step.what === "put-aside" && until) return t("step.put-aside-until", { who, until });
    if (step.what === "handed-over" && queue) return `${t("step.handed-over")} · ${t("step.toQueue", { queue })}`;
    return t(`step.${step.what}`, { who, agent, target, queue });
  })();
  return (
    <p className="step-line" data-step={step.what}>
      <span>{text}</span> <Clock at={entry.at} />
    </p>
  );
}
