import type { ReactNode } from "react";

// Drawn on a grid of 24 with a line of 1.7, so that a few of them cost less than a library.
function icon(shape: ReactNode) {
  return ({ size = 18 }: { size?: number }) => (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {shape}
    </svg>
  );
}

export const IconSend = icon(<path d="M4.5 12 20 4.5 15.5 20l-3.6-6.2zM11.9 13.8 20 4.5" />);
export const IconClock = icon(
  <>
    <circle cx="12" cy="12" r="8" />
    <path d="M12 7.5V12l3 2" />
  </>,
);
export const IconTick = icon(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const IconWarning = icon(
  <>
    <path d="M12 4.5 3.5 19h17z" />
    <path d="M12 10v4M12 16.6v.1" />
  </>,
);
export const IconQuestion = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M9.8 9.6a2.3 2.3 0 1 1 3.2 2.3c-.7.3-1 .8-1 1.6M12 16.4v.1" />
  </>,
);
export const IconAside = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M10 9v6M14 9v6" />
  </>,
);
export const IconResume = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="m10.5 8.8 4.8 3.2-4.8 3.2z" />
  </>,
);
export const IconEnd = icon(
  <>
    <path d="M4 5.5h16v11h-8L8 20v-3.5H4z" />
    <path d="m9 11 2.2 2.2L15.5 9" />
  </>,
);
export const IconClose = icon(<path d="m6.5 6.5 11 11M17.5 6.5l-11 11" />);
export const IconBack = icon(<path d="M19 12H5.5M11 6l-6 6 6 6" />);
export const IconDown = icon(<path d="M12 5v13M6 12.5l6 6 6-6" />);
export const IconCaret = icon(<path d="m7 10 5 5 5-5" />);
export const IconPerson = icon(
  <>
    <circle cx="12" cy="8.5" r="3.7" />
    <path d="M4.8 19.5c.8-3.6 3.6-5.3 7.2-5.3s6.4 1.7 7.2 5.3" />
  </>,
);
export const IconCard = icon(
  <>
    <rect x="3.5" y="5.5" width="17" height="13" rx="2" />
    <circle cx="8.8" cy="10.8" r="1.9" />
    <path d="M5.8 15.6c.5-1.6 1.6-2.3 3-2.3s2.5.7 3 2.3M14.5 10h3.5M14.5 13.5h3.5" />
  </>,
);
export const IconBell = icon(
  <>
    <path d="M6 16.5c1.2-1.3 1.5-3 1.5-5.5 0-3 1.9-5 4.5-5s4.5 2 4.5 5c0 2.5.3 4.2 1.5 5.5z" />
    <path d="M10.3 19.3c.9.9 2.5.9 3.4 0" />
  </>,
);
export const IconPhone = icon(
  <path d="M6.5 4.5h3l1.5 4-2 1.5c1 2.2 2.8 4 5 5l1.5-2 4 1.5v3c0 1-.8 1.8-1.8 1.7C11 18.6 5.4 13 4.8 6.3c-.1-1 .7-1.8 1.7-1.8z" />,
);
export const IconNote = icon(
  <>
    <path d="M5 4.5h14v10L14 19.5H5z" />
    <path d="M14 19.5v-5h5M8.5 9h7M8.5 12.5h4" />
  </>,
);
export const IconKeys = icon(
  <>
    <rect x="3.5" y="6.5" width="17" height="11" rx="2" />
    <path d="M7 10h.1M10.3 10h.1M13.7 10h.1M17 10h.1M8 14h8" />
  </>,
);
export const IconGear = icon(
  <>
    <circle cx="12" cy="12" r="3" />
    <path d="M12 3.5v2.6M12 17.9v2.6M3.5 12h2.6M17.9 12h2.6M6 6l1.8 1.8M16.2 16.2 18 18M18 6l-1.8 1.8M7.8 16.2 6 18" />
  </>,
);
export const IconLeave = icon(<path d="M13 4.5H5v15h8M10 12h10M16.5 8.5 20 12l-3.5 3.5" />);
export const IconSun = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4" />
  </>,
);
export const IconQueue = icon(<path d="M5 7h14M5 12h14M5 17h9" />);
export const IconPlace = icon(
  <>
    <path d="M12 20.5c4-4.5 6-7.6 6-10.3a6 6 0 1 0-12 0c0 2.7 2 5.8 6 10.3z" />
    <circle cx="12" cy="10.2" r="2.2" />
  </>,
);
export const IconFile = icon(<path d="M6.5 3.5h7l4 4v13h-11zM13.5 3.5v4h4" />);
export const IconLink = icon(
  <path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1" />,
);
