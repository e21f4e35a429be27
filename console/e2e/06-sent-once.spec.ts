import { fault, noFaults } from "./phone";
import { desk, expect, test } from "./rig";

test.afterEach(async ({ system }) => {
  await noFaults(system.simulator);
});

test("a refusal of WeChat's is said in words, and sending again works", async ({ wang, phone, system }) => {
  const { page } = wang;
  const customer = await phone("退");
  await desk.startWork(page);
  await customer.say("人工");
  await desk.accept(page);
  await fault(system.simulator, "errcode", { errcode: 45002 });
  await desk.write(page, "这一条会被拒绝");
  const line = page.locator("[data-message]", { hasText: "这一条会被拒绝" });
  await expect(line.locator("[data-delivery=failed]")).toBeVisible();
  await expect(line).toContainText("没有送达");
  await line.getByRole("button", { name: "再发一次" }).click();
  await expect(desk.sent(page, "这一条会被拒绝")).toBeVisible();
  expect((await customer.received()).filter(text => text === "这一条会被拒绝")).toHaveLength(1);
});

test("where WeChat does not answer the desk says so, and asks before it sends twice", async ({ wang, phone, system }) => {
  const { page } = wang;
  const customer = await phone("静");
  await desk.startWork(page);
  await customer.say("人工");
  await desk.accept(page);
  await fault(system.simulator, "timeout_after_delivery", { delay: "1s" });
  await desk.write(page, "到了没有");
  const line = page.locator("[data-message]", { hasText: "到了没有" });
  await expect(line.locator("[data-delivery=unknown]")).toBeVisible({ timeout: 60_000 });
  await expect(line).toContainText("可能已送达");
  await line.getByRole("button", { name: "再发一次" }).click();
  await expect(line).toContainText("客户可能会收到两遍");
  await line.getByRole("button", { name: "取消" }).click();
  expect((await customer.received()).filter(text => text === "到了没有")).toHaveLength(1);
  await line.getByRole("button", { name: "再发一次" }).click();
  await line.getByRole("button", { name: "仍然再发" }).click();
  await expect(desk.sent(page, "到了没有")).toBeVisible();
  expect(
    (await customer.received()).filter(text => text === "到了没有"),
    "whoever says yes gets what they asked for",
  ).toHaveLength(2);
});

test("a late answer is waited for: a clock, then a tick", async ({ wang, phone, system }) => {
  const { page } = wang;
  const customer = await phone("迟");
  await desk.startWork(page);
  await customer.say("人工");
  await desk.accept(page);
  await fault(system.simulator, "slow", { delay: "3s" });
  await desk.write(page, "慢一点");
  const line = page.locator("[data-message]", { hasText: "慢一点" });
  await expect(line.locator("[data-delivery=sending], [data-delivery=queued]")).toBeVisible();
  await expect(desk.sent(page, "慢一点")).toBeVisible({ timeout: 20_000 });
  expect((await customer.received()).filter(text => text === "慢一点")).toHaveLength(1);
});

test("an answer that was lost is asked for again with the same key: the phone has it once", async ({ wang, phone }) => {
  const { page } = wang;
  const customer = await phone("键");
  await desk.startWork(page);
  await customer.say("人工");
  await desk.accept(page);
  const keys: string[] = [];
  let lost = 0;
  await page.route("**/reply", async route => {
    keys.push(route.request().headers()["idempotency-key"] ?? "");
    if (lost++ > 1) return route.continue();
    await route.fetch(); // it is done, and the answer does not arrive
    await route.abort("connectionreset");
  });
  // Or the timeline would show the line, with its key, before it is sent again.
  await page.route("**/timeline*", route => (lost > 2 ? route.continue() : route.abort("connectionreset")));
  await desk.write(page, "只要一次");
  await expect(desk.sent(page, "只要一次")).toBeVisible();
  expect(new Set(keys).size).toBe(1);
  expect(keys.length).toBeGreaterThan(2);
  await expect(desk.said(page, "agent")).toHaveText(["只要一次"]);
  expect((await customer.received()).filter(text => text === "只要一次")).toHaveLength(1);
});

test("the API is killed while one writes: everything goes out, once, in order", async ({ wang, phone, system }) => {
  const { page } = wang;
  const customer = await phone("断");
  await desk.startWork(page);
  await customer.say("人工");
  await desk.accept(page);
  await desk.write(page, "一");
  await expect(desk.sent(page, "一")).toBeVisible();
  await system.kill("api");
  await expect(page.locator("[data-link=broken]")).toBeVisible();
  for (const text of ["二", "三"]) await desk.write(page, text);
  await expect(page.locator("[data-pending]")).toHaveCount(2);
  await system.start("api");
  await expect(desk.sent(page, "三")).toBeVisible({ timeout: 30_000 });
  await expect(page.locator("[data-link=broken]")).toHaveCount(0);
  await expect(desk.said(page, "agent")).toHaveText(["一", "二", "三"]);
  expect((await customer.received()).slice(-3)).toEqual(["一", "二", "三"]);
});
