import { complaints, expect, test, watch } from "./rig";

// What a page complains of fails the test that opened it. Here it is asked for on purpose, and taken away.

test("an error on a page is complained of", async ({ wang }) => {
  await wang.page.evaluate(() => {
    console.error("logged on purpose");
    setTimeout(() => {
      throw new Error("thrown on purpose");
    });
  });
  const said: string[] = [];
  await expect.poll(() => said.push(...complaints())).toBe(2);
  expect(said.join()).toContain("logged on purpose");
  expect(said.join()).toContain("thrown on purpose");
});

test("what the policy refuses is complained of", async ({ wang }) => {
  await wang.page.evaluate(() => {
    new Image().src = "http://elsewhere.example/x.png";
  });
  await expect.poll(() => complaints().join()).toContain("Content Security Policy");
});

test("a key without words is complained of", async ({ wang }) => {
  const page = await wang.page.context().newPage();
  watch(page);
  await page.route("**/words-zh-CN.js", async route => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace("nav:{work:", "nav:{play:") });
  });
  await page.goto(wang.page.url());
  await expect.poll(() => complaints().join()).toContain("there are no words for nav.work");
  await page.close();
  complaints(); // the page complained each time it was drawn
});
