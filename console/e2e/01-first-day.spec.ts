import type { Page } from "@playwright/test";
import { compose, desk, enter, expect, leave, picture, test } from "./rig";

test("the first day: from the link to a closed conversation, by keyboard alone", async ({ browser, system, phone }) => {
  const agent = await enter(browser, system.link);
  const { page } = agent;
  const customer = await phone();

  await expect(page.getByText("未上班")).toBeVisible();
  await tabTo(page, "开始上班");
  await page.keyboard.press("Enter");
  await expect(page.locator("[data-presence=available]")).toBeVisible();

  await customer.say("我的茶叶少了一盒");
  await customer.say("人工");
  await expect(desk.offer(page)).toContainText(/客户 [0-9A-F]{4}/);
  await picture(page, "desk-offer");
  await page.keyboard.press("Alt+a");
  await expect(page).toHaveURL(/\/desk\/c\//);
  await expect(desk.field(page)).toBeFocused();
  await expect(desk.said(page, "customer").first()).toHaveText("我的茶叶少了一盒");

  await compose(page, "nihao", "您好");
  await page.keyboard.press("Enter");
  await expect(desk.said(page, "agent").last()).toHaveText("您好");
  await expect(desk.sent(page, "您好")).toBeVisible();
  await expect.poll(() => customer.received()).toContain("您好");

  await page.keyboard.press("Alt+n");
  await expect(page.locator("textarea[data-composer=note]")).toBeFocused();
  await page.keyboard.insertText("补发一盒，已登记");
  await page.keyboard.press("Enter");
  await expect(page.locator(".note-line")).toContainText("补发一盒");
  await expect(page.locator("[data-pending]")).toHaveCount(0);
  await picture(page, "desk");
  expect(await customer.received(), "customers never see notes").not.toContain("补发一盒，已登记");

  await page.keyboard.press("Alt+x");
  await expect(page.getByRole("button", { name: "关闭", exact: true })).toBeVisible();
  await page.keyboard.press("Alt+x");
  await expect(page).toHaveURL(/\/desk$/);
  await expect(page.getByText("没有客户在等您")).toBeVisible();
  await leave(agent);
});

test("looking is not being there: no offer before work is started", async ({ wang, phone }) => {
  const { page } = wang;
  const customer = await phone("小红");
  await customer.say("人工");
  await expect(page.getByText("未上班")).toBeVisible();
  await expect(desk.offer(page)).toHaveCount(0);
  await desk.startWork(page);
  await desk.accept(page);
});

/** tabTo presses Tab until the button with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  for (let n = 0; n < 20 && (await focused()) !== name; n++) await page.keyboard.press("Tab");
  expect(await focused()).toBe(name);
}
