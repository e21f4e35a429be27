import { desk, enter, expect, leave, test, watch } from "./rig";

interface Workstream {
  id: string;
  name: string;
  offer_for: string;
  missed_inactive: boolean;
}

test("an offer reaches one agent, and the next when it is declined", async ({ wang, colleague, phone }) => {
  const { page: second } = await colleague("李强");
  const { page: first } = wang;
  await desk.startWork(first);
  const customer = await phone("阿明");
  await customer.say("人工");
  await expect(desk.offer(first)).toBeVisible();
  const left = async () => Number(await desk.offer(first).locator("svg text").textContent());
  const begun = await left();
  await expect.poll(left, "it counts down").toBeLessThan(begun);
  await desk.startWork(second);
  await expect(desk.offer(second)).toHaveCount(0);
  await first.keyboard.press("Alt+d");
  await expect(desk.offer(first)).toHaveCount(0);
  await desk.accept(second);
});

test("an offer that is not answered goes to the next agent at its end, and the first says so", async ({
  wang,
  colleague,
  phone,
  system,
}) => {
  const { page: second } = await colleague("李强");
  const { page: first } = wang;
  const { items } = await system.admin<{ items: Workstream[] }>("GET", "/v1/workstreams");
  const tea = items.find(workstream => workstream.name === "Tea house")!;
  await system.admin("PATCH", `/v1/workstreams/${tea.id}`, { offer_for: "5s", missed_inactive: true });
  try {
    await desk.startWork(first);
    await (await phone("阿强")).say("人工");
    await expect(desk.offer(first)).toBeVisible();
    await desk.startWork(second);
    await desk.accept(second);
    await expect(desk.offer(first)).toHaveCount(0);
    await expect(first.locator("[data-presence=inactive]")).toBeVisible();
    await expect(first.getByText("您错过了一次来客")).toBeVisible();
  } finally {
    await system.admin("PATCH", `/v1/workstreams/${tea.id}`, { offer_for: tea.offer_for, missed_inactive: tea.missed_inactive });
  }
});

test("two tabs and two browsers of one agent: one takes it, the others drop the card", async ({
  wang,
  phone,
  browser,
  system,
}) => {
  const { page, context } = wang;
  const other = await context.newPage();
  watch(other);
  await other.goto(new URL("/desk/open", page.url()).href);
  const elsewhere = await enter(browser, await system.wxdesk("user", "link", "王芳"));
  await desk.startWork(page);
  const streams: string[] = [];
  for (const tab of [page, other])
    tab.on("request", request => request.url().includes("/v1/events") && streams.push(request.url()));
  await (await phone("阿芳")).say("人工");
  await expect(desk.offer(page)).toBeVisible();
  for (const at of [other, elsewhere.page]) await expect(desk.offer(at)).toBeVisible();
  await desk.accept(page);
  for (const at of [other, elsewhere.page]) await expect(desk.offer(at)).toHaveCount(0);
  expect(streams, "one stream serves both").toEqual([]);
  await leave(elsewhere);
});

test("it does not take the caret from a composition", async ({ wang, phone }) => {
  const { page } = wang;
  await desk.startWork(page);
  await (await phone("甲")).say("人工");
  await desk.accept(page);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Input.imeSetComposition", { text: "nih", selectionStart: 3, selectionEnd: 3 });
  await (await phone("乙")).say("人工");
  await expect(desk.offer(page)).toBeVisible();
  await expect(desk.field(page)).toBeFocused();
  await page.keyboard.press("Alt+a");
  await expect(desk.offer(page), "no shortcut while composing").toBeVisible();
  await cdp.send("Input.insertText", { text: "你好" });
  await expect(desk.field(page)).toHaveValue("你好");
  await page.keyboard.press("Alt+a");
  await expect(desk.offer(page)).toHaveCount(0);
});

test("the title and the icon say that somebody waits", async ({ wang, phone }) => {
  const { page } = wang;
  await desk.startWork(page);
  await expect(page).toHaveTitle("wxdesk");
  await (await phone("丙")).say("人工");
  await expect(page).toHaveTitle("(1) ☎ wxdesk");
  await expect(page.locator("link[rel=icon]")).toHaveAttribute("href", /icon-waiting\.svg$/);
  await page.keyboard.press("Alt+a");
  await expect(page).toHaveTitle("(1) wxdesk");
});

test("a tone rings until the offer is answered", async ({ wang, phone }) => {
  const { page } = wang;
  await page.addInitScript(() => {
    const made = AudioContext.prototype.createOscillator;
    Object.assign(globalThis, { tones: 0 });
    AudioContext.prototype.createOscillator = function (this: AudioContext) {
      (globalThis as unknown as { tones: number }).tones++;
      return made.call(this);
    };
  });
  await page.reload();
  await desk.startWork(page);
  await (await phone("丁")).say("人工");
  await expect(desk.offer(page)).toBeVisible();
  await expect.poll(() => page.evaluate(() => (globalThis as unknown as { tones: number }).tones)).toBeGreaterThan(1);
});

test("an offer that nobody sees goes to the next agent after five seconds, and is no missed one", async ({
  wang,
  colleague,
  phone,
}) => {
  const { page: first } = wang;
  const { page: second } = await colleague("李强");
  await first.route("**/seen", route => route.abort());
  await desk.startWork(first);
  await (await phone("戊")).say("人工");
  await expect(desk.offer(first)).toBeVisible();
  await desk.startWork(second);
  await expect(desk.offer(second)).toBeVisible({ timeout: 15_000 });
  await expect(desk.offer(first)).toHaveCount(0);
  await expect(first.locator("[data-presence=available]")).toBeVisible();
  await desk.accept(second);
});

test("a hidden page rings, notifies without a word of the customer, and counts as seen", async ({ wang, phone }) => {
  const { page } = wang;
  await page.addInitScript(() => {
    Object.defineProperty(document, "hidden", { get: () => true });
    Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
    const shown: string[] = [];
    Object.assign(globalThis, { shown });
    class Shown {
      static permission = "granted";
      static requestPermission = async () => "granted";
      constructor(title: string, options?: { body?: string }) {
        shown.push(`${title} ${options?.body ?? ""}`);
      }
      close() {}
    }
    Object.assign(globalThis, { Notification: Shown });
  });
  await page.reload();
  await desk.startWork(page);
  const seen = page.waitForRequest(request => request.url().endsWith("/seen"));
  const customer = await phone("己");
  await customer.say("我的订单 8831 人呢");
  await customer.say("人工");
  await expect(desk.offer(page)).toBeVisible();
  await seen;
  const shown = await page.evaluate(() => (globalThis as unknown as { shown: string[] }).shown);
  expect(shown).toHaveLength(1);
  expect(shown[0]).not.toContain("8831");
});
