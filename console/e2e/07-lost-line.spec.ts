import { desk, expect, test } from "./rig";

test("a lost line loses nothing: the API away in the middle of a burst", async ({ wang, phone, system }) => {
  test.setTimeout(180_000);
  const { page } = wang;
  const customer = await phone("潮");
  await desk.startWork(page);
  await customer.say("人工");
  await desk.accept(page);
  const texts = Array.from({ length: 40 }, (_, n) => `第 ${n + 1} 句`);
  for (const text of texts.slice(0, 20)) await customer.say(text);
  await expect(desk.said(page, "customer").last()).toHaveText(texts[19]!);
  await system.stop("api");
  await expect(page.locator("[data-link=broken]")).toContainText("您看到的是");
  await system.start("api");
  for (const text of texts.slice(20)) await customer.say(text);
  await expect(desk.said(page, "customer").last()).toHaveText(texts[39]!, { timeout: 30_000 });
  await expect(page.locator("[data-link]")).toHaveCount(0);
  expect(await transcript(page)).toEqual(["人工", ...texts]);
});

test("a page that slept past its cursor reads everything again", async ({ wang, phone }) => {
  const { page } = wang;
  const customer = await phone("眠");
  await desk.startWork(page);
  await customer.say("人工");
  await desk.accept(page);
  await page.context().setOffline(true);
  await expect(page.locator("[data-link=broken]")).toBeVisible();
  for (const text of ["甲", "乙", "丙"]) await customer.say(text);
  await page.context().setOffline(false);
  await expect(desk.said(page, "customer").last()).toHaveText("丙");
  expect(await transcript(page)).toEqual(["人工", "甲", "乙", "丙"]);
});

test("the stream is back within three seconds after the API is", async ({ wang, system }) => {
  const { page } = wang;
  await system.stop("api");
  await expect(page.locator("[data-link=broken]")).toBeVisible();
  await system.start("api");
  await expect(page.locator("[data-link=broken]")).toHaveCount(0, { timeout: 15_000 });
});

/** transcript scrolls from the newest line to the first, and returns what the customer said, in order. */
async function transcript(page: import("@playwright/test").Page): Promise<string[]> {
  const id = new URL(page.url()).pathname.split("/").at(-1);
  const shown = new Map<string, string>();
  const box = page.getByRole("log");
  for (let n = 0; n < 60; n++) {
    for (const line of await page.locator("[data-author=customer]").all()) {
      const key = await line.getAttribute("data-message");
      if (key) shown.set(key, (await line.locator(".bubble").textContent()) ?? "");
    }
    const top = await box.evaluate(element => {
      element.scrollTop = Math.max(0, element.scrollTop - 300);
      return element.scrollTop;
    });
    await page.evaluate(() => new Promise(requestAnimationFrame));
    if (top === 0) break;
  }
  const order: string[] = await page.evaluate(async conversation => {
    const page = await (await fetch(`/v1/conversations/${conversation}/timeline?limit=200`)).json();
    return page.items
      .filter((entry: { message?: { author: string } }) => entry.message?.author === "customer")
      .map((entry: { message: { id: string } }) => entry.message.id);
  }, id);
  expect(new Set(shown.keys()), "what is shown is what the API has").toEqual(new Set(order));
  return order.map(key => shown.get(key) ?? "");
}
