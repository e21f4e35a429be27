import { createTheme, type MantineColorSchemeManager, type MantineColorsTuple } from "@mantine/core";

const blue: MantineColorsTuple = [
  "#eaf1fb",
  "#d3e1f5",
  "#a6c3ea",
  "#78a4df",
  "#4f88d2",
  "#356fbd",
  "#2457a6",
  "#1c4789",
  "#16386d",
  "#0f2850",
];

const red: MantineColorsTuple = [
  "#fdeceb",
  "#f9d5d3",
  "#f0aaa6",
  "#e67d77",
  "#dd5850",
  "#cf3a31",
  "#b3261e",
  "#941d16",
  "#761610",
  "#570f0a",
];

/** The greys of the dark scheme, from text to the deepest ground; theme.css has the same. */
const dark: MantineColorsTuple = [
  "#e8e9ea",
  "#b1b7bd",
  "#939ba3",
  "#5d666e",
  "#3c434a",
  "#2e3439",
  "#23282c",
  "#191c1f",
  "#131517",
  "#0c0e0f",
];

const action = { "--button-height": "32px", "--button-padding-x": "12px", "--button-fz": "13px" };

/** theme is a quiet work bench: system faces, one accent, hairlines. Colours with a meaning are in theme.css. */
export const theme = createTheme({
  primaryColor: "blue",
  primaryShade: { light: 6, dark: 5 },
  colors: { blue, red, dark },
  fontFamily:
    '-apple-system, BlinkMacSystemFont, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "WenQuanYi Zen Hei", system-ui, sans-serif',
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
  defaultRadius: 6,
  respectReducedMotion: true,
  cursorType: "pointer",
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "1.5", sm: "1.55", md: "1.6", lg: "1.5", xl: "1.4" },
  components: {
    Button: {
      defaultProps: { variant: "default" },
      vars: (_: unknown, props: { size?: unknown }) => ({ root: `${props.size ?? ""}`.startsWith("compact") ? {} : action }),
    },
    Tooltip: {
      defaultProps: {
        openDelay: 400,
        withArrow: false,
        transitionProps: { duration: 80 },
        events: { hover: true, focus: true, touch: false },
      },
    },
    Menu: { defaultProps: { transitionProps: { duration: 80 }, shadow: "none", withinPortal: true } },
    Modal: { defaultProps: { transitionProps: { duration: 100 }, centered: true, overlayProps: { backgroundOpacity: 0.35 } } },
    Drawer: { defaultProps: { transitionProps: { duration: 100 } } },
  },
});

/** schemeManager keeps light or dark in memory only: the person's choice is kept by the API, and nothing by the browser. */
export function schemeManager(): MantineColorSchemeManager {
  return { get: before => before, set: () => {}, subscribe: () => {}, unsubscribe: () => {}, clear: () => {} };
}
