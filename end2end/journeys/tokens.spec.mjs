import { check, expect, taken, test } from "./klamm.mjs";

/** Fills in the form, and gives the token that its answer shows. */
async function make(page, label, access = "Read") {
  await page.getByLabel("What it is for").fill(label);
  await page.getByLabel("What it may").selectOption(access);
  await page.getByLabel("How long it works").selectOption("1 day");
  await page.getByRole("button", { name: "Make token" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`“${label}” is made: copy its token now`);
  return (await page.locator(".made code").first().textContent()).trim();
}

/** Ends the token of that label, as the page asks for it. */
async function end(page, label) {
  await page.getByRole("button", { name: `End ${label}` }).click();
  const dialog = page.getByRole("dialog", { name: `End “${label}”?` });
  await expect(dialog.getByRole("button", { name: "Keep it" })).toBeFocused();
  await dialog.getByRole("button", { name: "End token" }).click();
  await expect(page.getByText(`“${label}” no longer works`)).toBeVisible();
}

/** Who Klamm takes a program for that sends this token. The program has no cookie. */
async function asks(playwright, token) {
  const program = await playwright.request.newContext({ baseURL: process.env.KLAMM_URL });
  const answer = await program.get("/api/v1/me", { headers: { Authorization: `Bearer ${token}` } });
  const told = { status: answer.status(), me: await answer.json() };
  await program.dispose();
  return told;
}

/** A label that no other run has used. */
const label = (name) => `${name} ${Date.now().toString(36)}`;

test("a token is made, used and ended, and is never seen twice", async ({ page, playwright }) => {
  await page.goto("/");
  await taken(page);
  await page.getByRole("button", { name: "payments-lead" }).click();
  await page.getByRole("link", { name: "API tokens" }).click();
  await expect(page).toHaveURL(/\/tokens$/);
  await taken(page);
  const laptop = label("laptop");
  const token = await make(page, laptop);
  await taken(page);
  expect(token).toMatch(/^klamm_[\w-]{43}$/);
  await expect(page).toHaveURL(/\/tokens$/);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.locator(".made").getByRole("button", { name: "Copy" }).first().click();
  await expect(page.locator(".made").getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);

  const { status, me } = await asks(playwright, token);
  expect([status, me.name, me.kind, me.scopes]).toEqual([200, "payments-lead", "token", ["read"]]);

  // A reload asks for the page and sends no form.
  const sent = [];
  page.on("request", (request) => request.isNavigationRequest() && sent.push(request.method()));
  await page.reload();
  await taken(page);
  expect(sent).toEqual(["GET"]);
  expect(await page.content()).not.toContain(token);
  const row = page.getByRole("row").filter({ hasText: laptop });
  await expect(row).toHaveCount(1);
  await expect(row).toContainText("Working");
  await expect(row).not.toContainText("Never");

  await end(page, laptop);
  expect((await asks(playwright, token)).status).toBe(401);
  await expect(page.getByRole("button", { name: `End ${laptop}` })).toHaveCount(0);
});

test("a question that is not answered ends nothing", async ({ page }) => {
  await page.goto("/tokens");
  await taken(page);
  const kept = label("kept");
  await make(page, kept);
  await taken(page);
  await page.getByRole("button", { name: `End ${kept}` }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog", { name: `End “${kept}”?` })).toBeHidden();
  await expect(page.getByRole("button", { name: `End ${kept}` })).toBeFocused();
  await expect(page.getByRole("row").filter({ hasText: kept })).toContainText("Working");
  await end(page, kept);
});

test("leaving the page and coming back does not bring a token back", async ({ page }) => {
  await page.goto("/tokens");
  await taken(page);
  const brief = label("brief");
  const token = await make(page, brief);
  await taken(page);
  await page.getByRole("link", { name: "Clusters" }).first().click();
  await expect(page).toHaveURL(/\/clusters$/);
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("working token");
  await expect(page.locator("main")).not.toContainText(token);
  await end(page, brief);
});

test.describe("without JavaScript", () => {
  test.use({ contextOptions: { baseURL: process.env.KLAMM_URL, javaScriptEnabled: false } });

  test("a token is made, used and ended, and a form sent twice makes one", async ({ page, playwright }) => {
    await page.goto("/tokens");
    const robot = label("robot");
    const token = await make(page, robot, "Read and write");
    await expect(page.getByRole("button", { name: "Copy" })).toHaveCount(0);
    const { status, me } = await asks(playwright, token);
    expect([status, me.scopes]).toEqual([200, ["read", "write"]]);

    // Reloading sends the form again, as browsers do.
    await page.reload();
    await expect(page).toHaveURL(/problem=sent-twice/);
    await expect(page.getByText("This form was sent before")).toBeVisible();
    await expect(page.getByRole("row").filter({ hasText: robot })).toHaveCount(1);
    expect(await page.content()).not.toContain(token);

    await end(page, robot);
    expect((await asks(playwright, token)).status).toBe(401);
  });
});

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of [["wide", { width: 1440, height: 900 }], ["narrow", { width: 390, height: 780 }]]) {
    test.describe(`${colorScheme}, ${size}`, () => {
      test.use({ contextOptions: { baseURL: process.env.KLAMM_URL, colorScheme, viewport } });

      test("a new token, the question before its end and what has ended are open to everybody", async ({ page }) => {
        await page.goto("/tokens");
        await taken(page);
        const seen = label("seen");
        await make(page, seen);
        await taken(page);
        await check(page);
        await page.getByRole("button", { name: `End ${seen}` }).click();
        await expect(page.getByRole("dialog", { name: `End “${seen}”?` })).toBeVisible();
        await check(page);
        await page.keyboard.press("Escape");
        await end(page, seen);
        await taken(page);
        await page.getByRole("heading", { name: /^Ended/ }).click();
        await expect(page.getByRole("row").filter({ hasText: seen })).toContainText("Ended by hand");
        await check(page);
      });
    });
  }
}
