import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { desk, expect, test } from "./rig";

// Times that people feel, printed and held by nothing: a missed bar may be the machine, whose load is printed beside it.
// `make bench-desk` runs this alone. With 200 rounds it takes half an hour.
const rounds = Number(process.env.DESK_BENCH_ROUNDS ?? 200);

interface Bar {
  what: string;
  most: number;
  took: number[];
}

test("bars: how long an agent waits for what", async ({ wang, phone, system }) => {
  test.setTimeout(rounds * 20_000 + 120_000);
  const { page } = wang;
  const card: Bar = { what: "escalation to card", most: 300, took: [] };
  const bubble: Bar = { what: "Enter to own bubble", most: 50, took: [] };
  const sent: Bar = { what: "Enter to sent", most: 1000, took: [] };
  const line: Bar = { what: "phone to line", most: 500, took: [] };
  const back: Bar = { what: "stream back", most: 3000, took: [] };
  const before = load();
  await desk.startWork(page);
  await stopwatch(page);

  for (let n = 0; n < rounds; n++) {
    const customer = await phone(`第 ${n} 位`);
    card.took.push(await noted(page, "[data-offer]", () => customer.say("人工")));
    await desk.accept(page);
    line.took.push(await noted(page, `text-${n}-in`, () => customer.say(`text-${n}-in`)));
    await desk.field(page).fill(`text-${n}-out`);
    const ticked = shown(page, `sent:text-${n}-out`);
    bubble.took.push(await noted(page, `text-${n}-out`, () => page.keyboard.press("Enter"), true));
    sent.took.push((await ticked) - (await pressedAt(page)));
    await page.keyboard.press("Alt+x");
    await expect(page.getByRole("button", { name: "关闭", exact: true })).toBeVisible();
    await page.keyboard.press("Alt+x");
    await expect(page).toHaveURL(/\/desk$/);
  }
  for (let n = 0; n < rounds; n++) {
    await system.stop("api");
    await expect(page.locator("[data-link=broken]")).toBeVisible();
    const isBack = shown(page, "gone:[data-link=broken]");
    await system.start("api");
    const ready = Date.now();
    back.took.push(Math.max(0, (await isBack) - ready));
  }
  console.log(`load before: ${before}\nload after:  ${load()}`);
  for (const bar of [card, bubble, sent, line, back]) console.log(row(bar));
});

/**
 * stopwatch notes in the page itself when something first shows, so that no tool's way to the page is part of the time: a selector in
 * brackets, "gone:" with a selector, "sent:" with the text of a line that has its tick, or a text in the transcript.
 */
async function stopwatch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const waits: { what: string; done: (at: number) => void }[] = [];
    const isThere = (what: string) => {
      if (what.startsWith("[")) return document.querySelector(what) !== null;
      if (what.startsWith("gone:")) return document.querySelector(what.slice(5)) === null;
      const lines = [...document.querySelectorAll("[role=log] .said")];
      const text = what.replace(/^sent:/, "");
      const line = lines.find(one => one.textContent?.includes(text));
      return line !== undefined && (text === what || line.querySelector("[data-delivery=sent]") !== null);
    };
    const look = () => {
      for (const wait of waits.filter(one => isThere(one.what))) {
        waits.splice(waits.indexOf(wait), 1);
        wait.done(Date.now());
      }
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
    Object.assign(globalThis, {
      whenShown: (what: string) => new Promise<number>(done => waits.push({ what, done })),
      pressedAt: 0,
    });
    addEventListener("keydown", () => Object.assign(globalThis, { pressedAt: Date.now() }), true);
  });
}

interface Watch {
  whenShown(what: string): Promise<number>;
  pressedAt: number;
}

const shown = (page: Page, what: string): Promise<number> =>
  page.evaluate(wanted => (globalThis as unknown as Watch).whenShown(wanted), what);

const pressedAt = (page: Page): Promise<number> => page.evaluate(() => (globalThis as unknown as Watch).pressedAt);

/** noted is how long after an act something shows: after the key itself where the act is one. */
async function noted(page: Page, what: string, act: () => Promise<unknown>, byKey = false): Promise<number> {
  const isShown = shown(page, what);
  const began = Date.now();
  const acted = act();
  const at = await isShown;
  await acted;
  return at - (byKey ? await pressedAt(page) : began);
}

function row({ what, most, took }: Bar): string {
  const sorted = [...took].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  const verdict = at(0.99) <= most ? "met" : "missed";
  return `${what.padEnd(22)} n=${took.length} p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  bar ${most} ms  ${verdict}`;
}

function load(): string {
  try {
    return readFileSync("/proc/loadavg", "utf8").trim();
  } catch {
    return "unknown";
  }
}
