import { defineConfig } from "@playwright/test";

const chromium = {
  locale: "zh-CN",
  timezoneId: "Asia/Shanghai",
  viewport: { width: 1280, height: 720 },
  screenshot: "only-on-failure" as const,
  launchOptions: {
    executablePath: process.env.DESK_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
};

/** Units need no browser. The desk project starts real processes and Debian's Chromium, one page at a time. */
export default defineConfig({
  workers: 1,
  forbidOnly: true,
  reporter: [["list"]],
  outputDir: process.env.DESK_E2E_OUT ?? "test-results",
  projects: [
    { name: "units", testDir: "units" },
    { name: "desk", testDir: "e2e", testIgnore: "bars.spec.ts", timeout: 90_000, expect: { timeout: 10_000 }, use: chromium },
    { name: "bars", testDir: "e2e", testMatch: "bars.spec.ts", use: chromium },
  ],
});
