import { useTranslation } from "react-i18next";
import type { Allowance } from "../../api/model";
import { useSecond } from "../../live/clock";
import { allowanceSays } from "../../ui/allowance";
import { spanText } from "../../ui/time";

/** Meter says before it hurts how many replies WeChat still takes, and until when. */
export function Meter({ of, pending }: { of: Allowance; pending: number }) {
  const { t } = useTranslation();
  const says = allowanceSays(of, useSecond(), pending);
  if (says.kind === "shut")
    return (
      <span className="meter none" data-allowance="shut">
        {says.ago === null ? t("composer.shutPlain") : t("composer.shut", { ago: t("time.ago", { n: spanText(t, says.ago) }) })}
      </span>
    );
  if (says.kind === "spent")
    return (
      <span className="meter none" data-allowance="spent">
        {t("composer.spent", { of: says.of })}
      </span>
    );
  return (
    <span
      className={`meter num ${says.last || says.soon ? "soon" : ""}`}
      data-allowance={says.left}
      title={says.last ? t("composer.lastLead") : undefined}
    >
      <span className="meter-bars" aria-hidden="true">
        {Array.from({ length: says.of }, (_, i) => i + 1).map(n => (
          <i key={n} className={n <= says.left ? "on" : ""} />
        ))}
      </span>
      <span>
        {says.last ? t("composer.last") : t("composer.allowance", { left: says.left, of: says.of })} ·{" "}
        {t("composer.closes", { in: spanText(t, says.closesIn) })}
      </span>
    </span>
  );
}
