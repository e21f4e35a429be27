import { useTranslation } from "react-i18next";
import { now, useSecond } from "../live/clock";
import { clockText, exactText, momentText } from "./time";

/** Moment is a time: relative within the hour, then the clock; the exact one on hover. */
export function Moment({ at }: { at: string }) {
  const { t, i18n } = useTranslation();
  useSecond();
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={exactText(ms, i18n.language)} className="num">
      {momentText(t, ms, now(), i18n.language)}
    </time>
  );
}

/** Clock is the time of day that stays as it is. */
export function Clock({ at }: { at: string }) {
  const { i18n } = useTranslation();
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={exactText(ms, i18n.language)} className="num">
      {clockText(ms, i18n.language)}
    </time>
  );
}
