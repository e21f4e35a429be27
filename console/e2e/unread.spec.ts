import type { Page } from "@playwright/test";
import type { Phone } from "./phone";
import { desk, expect, test } from "./rig";

async function take(page: Page, customer: Phone): Promise<string> {
  await customer.say("人工");
  return desk.accept(page);
}

const row = (page: Page, path: string) => page.locator(`nav a[href="${path}"]`);
const badge = (page: Page, path: string) => row(page, path).locator(".badge");

test("what is unread is counted, marked where it begins, and read at every desk of a person at once", async ({
  colleague,
  phone,
}) => {
  const { page } = await colleague("李强");
  const { page: other } = await colleague("李强");
  await desk.startWork(page);
  const customer = await phone("未读");
  // What one leaves within a second is not read: so the first is left when it is.
  const isRead = page.waitForResponse(answer => answer.url().endsWith("/read"));
  const path = await take(page, customer);
  await isRead;
  const second = await take(page, await phone("旁边"));
  await expect(row(other, second), "a desk that only looks shows the same").toBeVisible();
  for (const at of [page, other]) await expect(badge(at, path)).toHaveCount(0);

  for (const text of ["第一句", "第二句"]) await customer.say(text);
  for (const at of [page, other]) await expect(badge(at, path)).toContainText("2");
  await expect(row(page, path)).toContainText("第二句");

  await row(page, path).click();
  const begins = page.locator(".transcript-item", { has: page.getByText("您上次看到这里") });
  await expect(begins).toContainText("第一句");
  for (const at of [page, other]) await expect(badge(at, path)).toHaveCount(0);
  await customer.say("第三句");
  await expect(desk.said(page, "customer").last()).toHaveText("第三句");
  for (const at of [page, other]) await expect(badge(at, path), "what is in sight is read").toHaveCount(0);
});

test("what comes while one reads further up is counted, and not yet read", async ({ wang, phone }) => {
  const { page } = wang;
  await desk.startWork(page);
  const customer = await phone("长");
  // What one leaves within a second is not read: so the first is left when it is.
  const isRead = page.waitForResponse(answer => answer.url().endsWith("/read"));
  const path = await take(page, customer);
  await isRead;
  for (let n = 0; n < 30; n++) await customer.say(`第 ${n} 句`);
  await expect(desk.said(page, "customer").last()).toHaveText("第 29 句");
  await expect(badge(page, path)).toHaveCount(0);
  await page.getByRole("log").hover();
  await page.mouse.wheel(0, -1200);
  await expect(page.getByRole("button", { name: "到最新" })).toBeVisible();
  const first = page.locator(".transcript-item .bubble").nth(8);
  const at = (await first.boundingBox())!.y;
  await customer.say("新来的");
  await expect(page.getByRole("button", { name: "1 条新消息" })).toBeVisible();
  await expect(badge(page, path)).toContainText("1");
  expect((await first.boundingBox())!.y, "what one reads stays where it is").toBe(at);
  await page.getByRole("button", { name: "1 条新消息" }).click();
  await expect(desk.said(page, "customer").last()).toHaveText("新来的");
  await expect(badge(page, path)).toHaveCount(0);
});
