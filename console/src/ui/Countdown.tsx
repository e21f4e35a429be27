import { useRef } from "react";
import { useSecond } from "../live/clock";

/** Countdown is a ring that empties until a deadline, with the seconds inside. */
export function Countdown({ until, size = 40 }: { until: string; size?: number }) {
  const left = Math.max(0, Math.round((Date.parse(until) - useSecond()) / 1000));
  const whole = useRef(left); // when it was first seen
  const radius = size / 2 - 3;
  const length = 2 * Math.PI * radius;
  const share = whole.current > 0 ? left / whole.current : 0;
  return (
    <svg width={size} height={size} viewBox={`0 0 ${size} ${size}`} aria-hidden="true">
      <circle className="ring-track" cx={size / 2} cy={size / 2} r={radius} fill="none" strokeWidth="3" />
      <circle
        className={`ring-left ${left <= 10 ? "soon" : ""}`}
        cx={size / 2}
        cy={size / 2}
        r={radius}
        fill="none"
        strokeWidth="3"
        strokeLinecap="round"
        strokeDasharray={length}
        strokeDashoffset={length * (1 - share)}
        transform={`rotate(-90 ${size / 2} ${size / 2})`}
      />
      <text x="50%" y="50%" dy="0.36em" textAnchor="middle" fontSize="13" fontWeight="600" fill="currentColor" className="num">
        {left}
      </text>
    </svg>
  );
}
