import { join } from "node:path";
import { type Browser, type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { Phone } from "./phone";
import { type System, startSystem } from "./processes";

/** Agent is somebody at a desk: a browser of their own. */
export interface Agent {
  page: Page;
  context: BrowserContext;
}

interface Once {
  system: System;
}

interface Each {
  /** Fails the test with what its pages complained of, and leaves no conversation to the next one. */
  clean: undefined;
  /** Somebody else of the demo's agents, signed in, not at work. */
  colleague: (name: string) => Promise<Agent>;
  /** 王芳, signed in, not at work. */
  wang: Agent;
  phone: (name?: string) => Promise<Phone>;
}

export const password = "茶水间的第三块小黑板";

/**
 * test starts one system for all tests. Each page fails its test on an error in its console, on a report of the policy, and on a key that
 * has no words.
 */
export const test = base.extend<Each, Once>({
  system: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from it what the fixture needs
    async ({}, use) => {
      const system = await startSystem();
      await use(system);
      await system.end();
    },
    { scope: "worker", timeout: 240_000 },
  ],
  clean: [
    async ({ system }, use, info) => {
      troubles.length = 0;
      await use(undefined);
      if (info.status !== info.expectedStatus) await bringBack(system); // it may have ended while something was away
      await closeAll(system);
      expect(troubles, "errors and reports of the policy on the pages").toEqual([]);
    },
    { auto: true },
  ],
  colleague: async ({ browser, system }, use) => {
    const open: Agent[] = [];
    await use(async name => {
      const agent = await enter(browser, await linkOf(system, name));
      open.push(agent);
      return agent;
    });
    for (const agent of open) await leave(agent);
  },
  wang: async ({ browser, system }, use) => {
    const agent = await enter(browser, await system.wxdesk("user", "link", "王芳"));
    await use(agent);
    await leave(agent);
  },
  phone: async ({ system }, use) => {
    await use((name = "小明") => Phone.follow(system.simulator, name));
  },
});

export { expect };

/** enter opens a browser of one's own and signs in by a link; who has no password yet sets the test's. */
export async function enter(browser: Browser, link: string): Promise<Agent> {
  const context = await browser.newContext();
  await context.grantPermissions(["notifications"]);
  const page = await context.newPage();
  watch(page);
  await page.goto(link);
  const first = page.getByLabel("新密码");
  await Promise.race([first.waitFor(), page.waitForURL(/\/desk/)]);
  if (await first.isVisible()) {
    await first.fill(password);
    await page.getByLabel("再输一次").fill(password);
    await page.getByRole("button", { name: "设置密码并登录" }).click();
  }
  await page.waitForURL(/\/desk/);
  return { page, context };
}

/** leave ends the shift and signs out, so that the next test begins with nobody at work: with the last session a shift ends too. */
export async function leave({ page, context }: Agent): Promise<void> {
  if (!page.isClosed())
    await page.evaluate(async () => {
      for (const path of ["/v1/me/shift", "/v1/session"]) await fetch(path, { method: "DELETE" });
    });
  await context.close();
}

async function bringBack(system: System): Promise<void> {
  for (const name of ["postgres", "temporal", "api", "worker"] as const) await system.start(name);
}

/** closeAll closes what is still open, also what waits for somebody: it would be offered to the agents of the next test. */
async function closeAll(system: System): Promise<void> {
  for (const state of ["open", "active", "waiting", "wrap_up"]) {
    const path = `/v1/conversations?limit=200&state=${state}`;
    const { items } = await system.admin<{ items: { id: string; holder: string }[] }>("GET", path);
    for (const { id, holder } of items) if (holder !== "bot") await system.admin("POST", `/v1/conversations/${id}/force-close`);
  }
}

const troubles: string[] = [];

/** complaints takes away what the pages have complained of, where a test wants them to. */
export const complaints = (): string[] => troubles.splice(0);

/** watch collects what must not happen on a page. */
export function watch(page: Page): void {
  page.on("pageerror", error => troubles.push(String(error)));
  page.on("console", message => {
    const text = message.text();
    // A refused or lost request is the page's business, not an error of its code; the browser logs it all the same.
    if (message.type() === "error" && !text.startsWith("Failed to load resource")) troubles.push(text);
  });
}

/** picture takes a picture for the documents, where DESK_PICTURES names a folder for them. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.DESK_PICTURES;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
}

async function linkOf(system: System, name: string): Promise<string> {
  const agents = await system.wxdesk("agent", "list");
  const id = agents
    .split("\n")
    .find(line => line.includes(name))
    ?.split(/\s+/)[0];
  if (!id) throw new Error(`there is no agent ${name}:\n${agents}`);
  const users = await system.wxdesk("user", "list");
  if (users.includes(`  ${name}  `)) return system.wxdesk("user", "link", name);
  return system.wxdesk("user", "create", "--name", name, "--role", "agent", "--agent", id);
}

/** What a person does at the desk, by what they see. */
export const desk = {
  startWork: async (page: Page) => {
    await page.getByRole("button", { name: "开始上班" }).first().click();
    await expect(page.locator("[data-presence]")).toBeVisible();
  },
  offer: (page: Page) => page.locator("[data-offer]"),
  field: (page: Page) => page.locator("textarea[data-composer]"),
  /** lines are the texts of the transcript, each with its author. */
  said: (page: Page, author: string) => page.locator(`[data-author=${author}] .bubble`),
  /** accept takes the first offer by its key, and returns the path of its conversation, which is open then. */
  accept: async (page: Page) => {
    const card = desk.offer(page).first();
    await expect(card).toBeVisible();
    const path = `/desk/c/${await card.getAttribute("data-offer")}`;
    await page.keyboard.press("Alt+a");
    await expect(page).toHaveURL(new URL(path, page.url()).href);
    await expect(desk.field(page)).toBeFocused();
    return path;
  },
  write: async (page: Page, text: string) => {
    await desk.field(page).fill(text);
    await page.keyboard.press("Enter");
  },
  sent: (page: Page, text: string) => page.locator("[data-message]", { hasText: text }).locator("[data-delivery=sent]"),
};

/** Said is one bubble of the transcript: whose it is, its text, and what the desk says has become of it ("" for a customer's). */
export interface Said {
  author: string;
  text: string;
  state: string;
}

/** transcript scrolls from the newest line to the first, and returns every bubble in the order in which the desk shows them. */
export async function transcript(page: Page): Promise<Said[]> {
  const log = page.getByRole("log");
  const shown = new Map<number, Said>();
  const scrollBy = (by: number) =>
    log.evaluate(async (box, pixels) => {
      const before = box.scrollTop;
      box.scrollTop += pixels;
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      return box.scrollTop === before;
    }, by);
  while (!(await scrollBy(-400)) || (await page.locator(".older").count()) > 0);
  for (let isEnd = false; !isEnd; isEnd = await scrollBy(400)) for (const [n, said] of await inSight(page)) shown.set(n, said);
  return [...shown].sort(([a], [b]) => a - b).map(([, said]) => said);
}

function inSight(page: Page): Promise<[number, Said][]> {
  return page.locator(".transcript-item:has(.said)").evaluateAll(items =>
    items.map(item => {
      const bubble = item.querySelector(".said")!;
      const author = bubble.getAttribute("data-author") ?? "agent";
      const state = bubble.querySelector("[data-delivery]")?.getAttribute("data-delivery") ?? "";
      const said = { author, text: bubble.querySelector(".bubble .text")?.textContent ?? "", state };
      return [Number(item.getAttribute("data-index")), said] as [number, Said];
    }),
  );
}

/**
 * compose plays an input method through Chromium's own protocol: syllables, then the word that was chosen. It returns when an Enter is the
 * person's again: one that comes sooner is taken for the input method's (src/ui/enter.ts).
 */
export async function compose(page: Page, syllables: string, word: string): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  for (let n = 1; n <= syllables.length; n++) {
    await cdp.send("Input.imeSetComposition", { text: syllables.slice(0, n), selectionStart: n, selectionEnd: n });
  }
  await cdp.send("Input.insertText", { text: word });
  await cdp.detach();
  await afterComposition(page);
}

/** afterComposition waits as long as no person takes from one key to the next. */
export async function afterComposition(page: Page): Promise<void> {
  await page.waitForFunction(began => performance.now() - began > 40, await page.evaluate(() => performance.now()));
}
