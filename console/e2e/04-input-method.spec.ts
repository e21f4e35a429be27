import type { Page } from "@playwright/test";
import { afterComposition, compose, desk, expect, test } from "./rig";

test.beforeEach(async ({ wang, phone }) => {
  await desk.startWork(wang.page);
  await (await phone("拼音")).say("人工");
  await desk.accept(wang.page);
});

test("Enter that ends a composition does not send; the next one does", async ({ wang }) => {
  const { page } = wang;
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Input.imeSetComposition", { text: "nihao", selectionStart: 5, selectionEnd: 5 });
  await cdp.send("Input.dispatchKeyEvent", { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 });
  await expect(desk.said(page, "agent")).toHaveCount(0);
  await cdp.send("Input.insertText", { text: "你好" });
  await expect(desk.field(page)).toHaveValue("你好");
  await expect(desk.said(page, "agent")).toHaveCount(0);
  await afterComposition(page);
  await page.keyboard.press("Enter");
  await expect(desk.said(page, "agent")).toHaveText(["你好"]);
});

test("Safari's order: an Enter just behind the end of a composition does not send", async ({ wang }) => {
  const { page } = wang;
  await desk.field(page).fill("你好");
  const prevented = await desk.field(page).evaluate(field => {
    field.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
    field.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "你好" }));
    return !field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", bubbles: true, cancelable: true }));
  });
  expect(prevented, "no line is begun either").toBe(true);
  await expect(desk.said(page, "agent")).toHaveCount(0);
  await expect(desk.field(page)).toHaveValue("你好");
});

test("no shortcut while composing", async ({ wang }) => {
  const { page } = wang;
  const at = page.url();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Input.imeSetComposition", { text: "x", selectionStart: 1, selectionEnd: 1 });
  for (const key of ["Alt+x", "Alt+n", "Alt+ArrowDown", "Alt+1"]) await page.keyboard.press(key);
  for (const digit of ["1", "2"])
    await cdp.send("Input.dispatchKeyEvent", {
      type: "rawKeyDown",
      key: digit,
      code: `Digit${digit}`,
      windowsVirtualKeyCode: 229,
    });
  await expect(page.locator("textarea[data-composer=reply]")).toBeFocused();
  await expect(desk.field(page), "the numbers of candidates are the input method's").toHaveValue("x");
  expect(page.url()).toBe(at);
  await cdp.send("Input.insertText", { text: "" });
});

test("what arrives does not break a composition", async ({ wang, phone }) => {
  const { page } = wang;
  const other = await phone("打断");
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Input.imeSetComposition", { text: "zhong", selectionStart: 5, selectionEnd: 5 });
  await other.say("人工");
  await expect(desk.offer(page)).toBeVisible();
  await other.say("在吗");
  await expect(desk.field(page)).toHaveValue("zhong");
  await cdp.send("Input.insertText", { text: "中国" });
  await expect(desk.field(page)).toHaveValue("中国");
});

test("Ctrl+Enter may send instead, and Enter begins a line", async ({ wang }) => {
  const { page } = wang;
  const at = page.url();
  await prefer(page, () => page.getByText("Ctrl+Enter", { exact: true }).click());
  await page.goto(at);
  await desk.field(page).click();
  await compose(page, "yi", "一");
  await page.keyboard.press("Enter");
  await compose(page, "er", "二");
  await expect(desk.field(page)).toHaveValue("一\n二");
  await page.keyboard.press("Control+Enter");
  await expect(desk.said(page, "agent")).toHaveText(["一\n二"]);
  await prefer(page, () => page.getByText("Enter", { exact: true }).click());
});

test("one switch turns all shortcuts off", async ({ wang }) => {
  const { page } = wang;
  const at = page.url();
  await prefer(page, () => page.getByLabel("使用快捷键").click({ force: true }));
  await page.goto(at);
  await expect(desk.field(page)).toBeVisible();
  await page.keyboard.press("Alt+n");
  await expect(page.locator("textarea[data-composer=reply]")).toBeVisible();
  await prefer(page, () => page.getByLabel("使用快捷键").click({ force: true }));
});

/** prefer changes something on the page of settings, and waits until it is kept. */
async function prefer(page: Page, change: () => Promise<void>): Promise<void> {
  await page.goto(new URL("/me", page.url()).href);
  const kept = page.waitForResponse(answer => answer.url().endsWith("/v1/me/preferences") && answer.ok());
  await change();
  await kept;
}
