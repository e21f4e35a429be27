import { patience } from "./phone";
import { desk, expect, test, transcript } from "./rig";

test.beforeEach(({ system }) => patience(system.simulator, 60, "1s"));
test.afterEach(({ system }) => patience(system.simulator));

/** What the transcript shows of the customer, in the order in which it shows it. */
const said = async (page: Parameters<typeof transcript>[0]) =>
  (await transcript(page)).filter(line => line.author === "customer").map(line => line.text);

test("a lost line loses nothing: the API is killed in the middle of a burst", async ({ wang, phone, system }) => {
  test.setTimeout(240_000);
  const { page } = wang;
  const customer = await phone("潮");
  await desk.startWork(page);
  await customer.say("人工");
  await desk.accept(page);
  const texts = Array.from({ length: 100 }, (_, n) => `第 ${n + 1} 句`);
  const burst = (async () => {
    for (const text of texts) await customer.say(text);
  })();
  await expect(desk.said(page, "customer").last()).toHaveText(/第 [3-5]\d 句/, { timeout: 60_000 });
  await system.kill("api");
  await expect(page.locator("[data-link=broken]")).toContainText("您看到的是");
  await system.start("api");
  await burst;
  await expect(desk.said(page, "customer").last()).toHaveText(texts.at(-1)!, { timeout: 60_000 });
  await expect(page.locator("[data-link]")).toHaveCount(0);
  expect(await said(page)).toEqual(["人工", ...texts]);
});

test("a page that slept past its cursor reads everything again", async ({ wang, phone }) => {
  const { page, context } = wang;
  const customer = await phone("眠");
  const other = await phone("走");
  await desk.startWork(page);
  for (const one of [other, customer]) {
    await one.say("人工");
    await desk.accept(page);
  }
  // The API answers reset to a cursor that it does not know, as to one that is older than five minutes.
  await context.route("**/v1/events*", route =>
    route.continue({ headers: { ...route.request().headers(), "last-event-id": "slept" } }),
  );
  await context.setOffline(true);
  await expect(page.locator("[data-link=broken]")).toBeVisible();
  for (const text of ["甲", "乙", "丙"]) await customer.say(text);
  await other.say("还在吗");
  await context.setOffline(false);
  await expect(desk.said(page, "customer").last()).toHaveText("丙");
  await expect(page.locator("[data-link]")).toHaveCount(0);
  expect(await said(page)).toEqual(["人工", "甲", "乙", "丙"]);
  await expect(page.getByRole("link", { name: /还在吗/ }), "and so does the list").toBeVisible();
  await page.getByRole("link", { name: /还在吗/ }).click();
  await expect(desk.said(page, "customer").last()).toHaveText("还在吗");
  expect(await said(page)).toEqual(["人工", "还在吗"]);
});

test("what has changed hands during a break is not shown as one's own", async ({ wang, phone, system }) => {
  const { page, context } = wang;
  await desk.startWork(page);
  await (await phone("换")).say("人工");
  const id = (await desk.accept(page)).split("/").at(-1)!;
  await context.route("**/v1/events*", route =>
    route.continue({ headers: { ...route.request().headers(), "last-event-id": "slept" } }),
  );
  await context.setOffline(true);
  await expect(page.locator("[data-link=broken]")).toBeVisible();
  await system.admin("POST", `/v1/conversations/${id}/force-close`);
  await context.setOffline(false);
  await expect(page.locator(`nav a[href="/desk/c/${id}"]`)).toHaveCount(0);
  await expect(page.getByText("已关闭：主管强制关闭")).toBeVisible();
});

test("a process that stops in order loses nothing, and the stream is back at once", async ({ wang, phone, system }) => {
  const { page } = wang;
  const customer = await phone("停");
  await desk.startWork(page);
  await customer.say("人工");
  await desk.accept(page);
  await customer.say("停之前");
  await system.stop("api");
  await expect(page.locator("[data-link=broken]")).toBeVisible();
  const written = customer.say("停的时候");
  await system.start("api");
  await expect(page.locator("[data-link=broken]")).toHaveCount(0);
  await written;
  await expect(desk.said(page, "customer").last()).toHaveText("停的时候");
  expect(await said(page)).toEqual(["人工", "停之前", "停的时候"]);
});
