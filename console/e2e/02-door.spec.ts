import { desk, enter, expect, leave, password, test, watch } from "./rig";

test("nobody gets in who should not: every refusal looks the same", async ({ browser, system, colleague }) => {
  await colleague("李强");
  const page = await (await browser.newContext()).newPage();
  watch(page);
  await page.goto(`${system.url}/desk`);
  await expect(page).toHaveURL(/\/sign-in$/);
  for (const name of ["李强", "没有这个人"]) {
    await page.getByLabel("用户名").fill(name);
    await page.getByLabel("密码", { exact: true }).fill("wrong-wrong-wrong");
    await page.getByRole("button", { name: "登录" }).click();
    await expect(page.getByRole("alert")).toHaveText("用户名或密码不对，或者此帐号已停用。");
  }
  await page.getByLabel("用户名").fill("李强");
  await page.getByLabel("密码", { exact: true }).fill(password);
  await page.getByRole("button", { name: "登录" }).click();
  await expect(page, "and what was asked for first is opened").toHaveURL(/\/desk$/);
});

test("the cookie belongs to this host alone and no script reads it", async ({ wang, system }) => {
  const [cookie] = await wang.context.cookies();
  expect(cookie).toMatchObject({ name: "__Host-wxdesk", httpOnly: true, secure: true, sameSite: "Strict", path: "/" });
  expect(await wang.page.evaluate(() => document.cookie)).toBe("");
  const header = `${cookie!.name}=${cookie!.value}`;
  const foreign = await fetch(`${system.url}/v1/me/shift`, {
    method: "PUT",
    headers: { Cookie: header, Origin: "http://elsewhere.example" },
  });
  expect(foreign.status).toBe(403);
  const both = await fetch(`${system.url}/v1/me`, {
    headers: { Cookie: header, Authorization: "Bearer wxd_x", "Sec-Fetch-Site": "same-origin" },
  });
  expect(both.status).toBe(400);
});

test("a link works once", async ({ browser, system, wang }) => {
  expect(wang.page.url()).not.toContain("#");
  const link = await system.wxdesk("user", "link", "王芳");
  await leave(await enter(browser, link));
  const page = await (await browser.newContext()).newPage();
  watch(page);
  await page.goto(link);
  await expect(page.getByText("这个链接已失效")).toBeVisible();
});

test("out means out: the draft stays under the dialog, and one goes on after signing in", async ({
  system,
  colleague,
  phone,
}) => {
  const { page } = await colleague("李强");
  await desk.startWork(page);
  const customer = await phone("小刚");
  await customer.say("人工");
  await desk.accept(page);
  await desk.field(page).fill("写到一半的回复");

  await system.wxdesk("user", "disable", "李强");
  const dialog = page.getByRole("dialog", { name: "登录已过期" });
  await expect(dialog).toBeVisible({ timeout: 3000 });
  await system.wxdesk("user", "enable", "李强");
  await dialog.getByLabel("密码", { exact: true }).fill(password);
  await dialog.getByRole("button", { name: "登录" }).click();
  await expect(dialog).toBeHidden();
  await expect(desk.field(page)).toHaveValue("写到一半的回复");
});

test("a session that is ended elsewhere: its stream ends within a second", async ({ system, colleague }) => {
  const { page } = await colleague("李强");
  const { page: other } = await colleague("李强");
  await expect(page.getByText("未上班")).toBeVisible();
  const isOver = (request: { url(): string }) => request.url().includes("/v1/events");
  const ended = Promise.any([page.waitForEvent("requestfinished", isOver), page.waitForEvent("requestfailed", isOver)]);
  const revokedAt = await other.evaluate(async () => {
    const { items } = await (await fetch("/v1/me/sessions")).json();
    for (const { id, current } of items) if (!current) await fetch(`/v1/me/sessions/${id}`, { method: "DELETE" });
    return Date.now();
  });
  await ended;
  expect(Date.now() - revokedAt).toBeLessThan(1000 + 250); // the report of it takes its time too
  await expect(page.getByRole("dialog", { name: "登录已过期" })).toBeVisible();
  expect(new URL(page.url()).origin, "no page was left").toBe(system.url);
});

test("signing out clears every tab, and the way back shows nothing", async ({ wang, phone }) => {
  const { page, context } = wang;
  await desk.startWork(page);
  await (await phone("小芳")).say("人工");
  await desk.accept(page);
  await desk.field(page).fill("写到一半");
  const other = await context.newPage();
  watch(other);
  await other.goto(page.url());
  await expect(other.locator("[data-conversation]")).toBeVisible();
  page.on("dialog", dialog => dialog.accept());
  await page.getByRole("button", { name: /帐号菜单/ }).click();
  await page.getByRole("menuitem", { name: "退出登录" }).click();
  for (const tab of [page, other]) {
    await expect(tab).toHaveURL(/\/sign-in$/);
    await expect(tab.locator("[data-conversation]")).toHaveCount(0);
  }
  await page.goBack();
  await expect(page.getByLabel("用户名")).toBeVisible();
  await expect(page.getByText("写到一半")).toHaveCount(0);
});

test("who signs in again does so for all tabs", async ({ system, colleague }) => {
  const { page, context } = await colleague("李强");
  const other = await context.newPage();
  watch(other);
  await other.goto(page.url());
  await expect(other.getByText("未上班")).toBeVisible();
  await system.wxdesk("user", "disable", "李强");
  for (const tab of [page, other]) await expect(tab.getByRole("dialog", { name: "登录已过期" })).toBeVisible();
  await system.wxdesk("user", "enable", "李强");
  await page.bringToFront();
  const dialog = page.getByRole("dialog", { name: "登录已过期" });
  await dialog.getByLabel("密码", { exact: true }).fill(password);
  await dialog.getByRole("button", { name: "登录" }).click();
  await expect(dialog).toBeHidden();
  await other.evaluate(() => dispatchEvent(new Event("focus")));
  await expect(other.getByRole("dialog", { name: "登录已过期" })).toBeHidden();
});

test("nothing that was said is kept in the browser", async ({ wang, phone }) => {
  const { page } = wang;
  await desk.startWork(page);
  await (await phone("小丽")).say("人工");
  await desk.accept(page);
  await desk.write(page, "您好");
  await expect(desk.sent(page, "您好")).toBeVisible();
  const kept = await page.evaluate(async () => ({
    local: localStorage.length,
    session: sessionStorage.length,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }));
  expect(kept).toEqual({ local: 0, session: 0, databases: 0, caches: 0, workers: 0 });
});

// The last one: it uses up the tries of this network, and afterwards nobody signs in by password.
test("after too many tries the page says when again", async ({ browser, system }) => {
  const page = await (await browser.newContext()).newPage();
  watch(page);
  await page.goto(`${system.url}/sign-in`);
  await page.getByLabel("用户名").fill("谁也不是");
  for (let n = 0; n < 11; n++) {
    await page.getByLabel("密码", { exact: true }).fill(`wrong-wrong-${n}`);
    await page.getByRole("button", { name: "登录" }).click();
    await expect(page.getByRole("alert")).not.toBeEmpty();
  }
  await expect(page.getByRole("alert")).toContainText("尝试次数太多");
});
