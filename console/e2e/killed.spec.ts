import type { Page } from "@playwright/test";
import { type Phone, patience } from "./phone";
import type { ProcessName, System } from "./processes";
import { desk, expect, type Said, test, transcript } from "./rig";

const customers = 10;
const answers = 200;
const victims: ProcessName[] = ["api", "worker", "temporal", "postgres"];
/** Around each kill the agent writes so many lines without waiting, one to each customer. */
const meanwhile = 10;

interface Customer {
  phone: Phone;
  conversation: string;
  said: string[];
  answered: string[];
  /** The last word that was said; the next one is said after it. */
  saying: Promise<unknown>;
}

test.beforeEach(({ system }) => patience(system.simulator, 60, "1s"));
test.afterEach(({ system }) => patience(system.simulator));

test("whatever is killed: every line once, in order, on both sides, and nothing untrue is told", async ({
  wang,
  phone,
  system,
}) => {
  test.setTimeout(900_000);
  const { page } = wang;
  await makeRoom(system);
  await desk.startWork(page);
  const all: Customer[] = [];
  for (let n = 0; n < customers; n++) all.push(await take(page, await phone(`第 ${n} 位`)));
  await keepWatch(page);

  const questions = answers - victims.length * meanwhile;
  const between = Math.floor(questions / victims.length);
  for (let n = 0; n < questions; n++) {
    const c = all[n % customers]!;
    const victim = n % between === between / 2 ? victims[Math.floor(n / between)] : undefined;
    const question = `问 ${pad(n)}`;
    say(c, question);
    await open(page, c);
    await expect(desk.said(page, "customer").last()).toHaveText(question, { timeout: 60_000 });
    if (victim) await killed(victim, page, all, n, system);
    await answer(page, c, `答 ${pad(n)}`);
  }
  await Promise.all(all.map(c => c.saying));

  let unknown = 0;
  for (const c of all) {
    await open(page, c);
    await expect(page.locator("[data-pending]")).toHaveCount(0, { timeout: 120_000 });
    await expect(page.locator("[data-delivery=queued], [data-delivery=sending]")).toHaveCount(0, { timeout: 180_000 });
    const shown = await transcript(page);
    expect(textsOf(shown, "customer")).toEqual(c.said);
    expect(textsOf(shown, "agent")).toEqual(c.answered);
    unknown += await compare(c, shown);
  }
  await compareWithWatch(page, all);
  console.log(`${answers} answers, of which the desk says that ${unknown} may have arrived`);
  expect(unknown, "only what was under way when something was killed").toBeLessThanOrEqual(2 * meanwhile);
});

/** makeRoom gives 王芳 room for all of them; the demo's agents have room for four. */
async function makeRoom(system: System): Promise<void> {
  const { items } = await system.admin<{ items: { id: string; name: string }[] }>("GET", "/v1/agents?limit=200");
  const wang = items.find(agent => agent.name.startsWith("王芳"))!;
  await system.admin("PATCH", `/v1/agents/${wang.id}`, { units: 100 * customers });
}

async function take(page: Page, phone: Phone): Promise<Customer> {
  await phone.say("人工");
  const conversation = (await desk.accept(page)).split("/").at(-1)!;
  return { phone, conversation, said: ["人工"], answered: [], saying: Promise.resolve() };
}

/** say does not wait: WeChat tries again while we are away. */
function say(c: Customer, text: string): void {
  c.said.push(text);
  c.saying = c.saying.then(async () => expect(await c.phone.say(text), text).not.toBe("failed"));
}

async function open(page: Page, c: Customer): Promise<void> {
  await page.locator(`nav a[href="/desk/c/${c.conversation}"]`).click();
  await expect(page.locator(`[data-conversation="${c.conversation}"]`)).toBeVisible();
}

async function answer(page: Page, c: Customer, text: string): Promise<void> {
  c.answered.push(text);
  await desk.write(page, text);
  await expect(desk.said(page, "agent").last(), "one's own line shows at once").toHaveText(text);
}

/** killed ends a process in the middle of lines to all customers, goes on while it is away, and starts it again. */
async function killed(name: ProcessName, page: Page, all: Customer[], n: number, system: System): Promise<void> {
  for (let i = 0; i < meanwhile; i++) {
    if (i === meanwhile / 2) await system.kill(name);
    const c = all[(n + i) % customers]!;
    say(c, `急 ${pad(n)}-${i}`);
    await open(page, c);
    await answer(page, c, `别急 ${pad(n)}-${i}`);
  }
  await open(page, all[n % customers]!);
  await system.start(name);
}

const pad = (n: number): string => String(n).padStart(3, "0");
const textsOf = (shown: Said[], author: string) => shown.filter(said => said.author === author).map(said => said.text);

/** compare holds what the desk says against the phone, and returns of how many lines it says that they may have arrived. */
async function compare(c: Customer, shown: Said[]): Promise<number> {
  const written = new Set(c.answered);
  const arrived = (await c.phone.received()).filter(text => written.has(text));
  expect(new Set(arrived).size, "none arrived twice").toBe(arrived.length);
  expect(arrived, "in the order in which they were written").toEqual(c.answered.filter(text => arrived.includes(text)));
  const own = shown.filter(said => said.author === "agent");
  const called = (state: string) => own.filter(said => said.state === state).map(said => said.text);
  expect(
    called("sent").filter(text => !arrived.includes(text)),
    "called sent, and not there",
  ).toEqual([]);
  expect(
    [...called("failed"), ...called("stuck")].filter(text => arrived.includes(text)),
    "called unsent, and there",
  ).toEqual([]);
  const unknown = called("unknown");
  expect([...called("sent"), ...unknown, ...called("failed")].sort(), "each has one end").toEqual([...c.answered].sort());
  return unknown.length;
}

interface Watched {
  /** What was said of a text, and when first. */
  states: Record<string, Record<string, number>>;
  doubled: string[];
  disordered: string[];
}

/** keepWatch has the page note each state in which it shows a line of the agent's, two of one text, and any that stand in a wrong order. */
async function keepWatch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const watched: Watched = { states: {}, doubled: [], disordered: [] };
    Object.assign(globalThis, { watched });
    const place = (line: Element) => Number(line.closest(".transcript-item")?.getAttribute("data-index"));
    const number = (text: string) => Number(/\d+/.exec(text)?.[0]);
    const look = () => {
      const lines = [...document.querySelectorAll(".said.agent")].sort((a, b) => place(a) - place(b));
      let before = "";
      for (const line of lines) {
        const text = line.querySelector(".text")?.textContent ?? "";
        const state = line.querySelector("[data-delivery]")?.getAttribute("data-delivery") ?? "";
        watched.states[text] ??= {};
        watched.states[text][state] ??= Date.now();
        if (text === before) watched.doubled.push(text);
        else if (before && number(text) < number(before)) watched.disordered.push(`${before}, ${text}`);
        before = text;
      }
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true });
  });
}

/** compareWithWatch: also what the desk said only for a moment was true at that moment. */
async function compareWithWatch(page: Page, all: Customer[]): Promise<void> {
  const watched = await page.evaluate(() => (globalThis as unknown as { watched: Watched }).watched);
  expect(watched.doubled, "shown twice for a moment").toEqual([]);
  expect(watched.disordered, "shown out of order for a moment").toEqual([]);
  for (const c of all) {
    const screen = await c.phone.screen();
    for (const text of c.answered) {
      const arrived = screen.find(line => line.from === "account" && line.text === text);
      const said = watched.states[text] ?? {};
      if (said.sent) expect(Date.parse(arrived?.at ?? ""), `${text} was called sent after it was`).toBeLessThanOrEqual(said.sent);
      for (const state of ["failed", "stuck"]) if (said[state]) expect(arrived, `${text} was called unsent`).toBeUndefined();
    }
  }
}
