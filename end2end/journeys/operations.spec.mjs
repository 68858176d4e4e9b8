// Changing a whole cluster: planned before anybody is asked, followed while it is done, stopped and gone on with.
import { another, check, cluster, expect, panel, taken, test } from "./klamm.mjs";

const operations = `${cluster}/operations`;
const wizard = (kind, where = "kafka%2Fdemo") => `/requests/new?kind=${kind}&cluster=${where}`;
/** One operation runs at a time, and brokers take their time to be in sync again. */
const LONG = 180_000;

/** Asks for what stands in the form, and answers with the address of the request. */
async function ask(page) {
  await page.getByLabel("Why").fill("a journey");
  await page.getByRole("button", { name: "Ask for it" }).click();
  await page.waitForURL("**/requests/req_*", { timeout: 30_000 });
  return new URL(page.url()).pathname;
}

const heading = (page) => page.getByRole("heading", { level: 1 });

test("a restart is planned, asked for, followed without a reload, paused, gone on with, and done", async ({ page: looker, browser }) => {
  test.setTimeout(LONG);
  const page = await another(browser, "operator");
  await page.goto(operations);
  await taken(page);
  await check(page);
  await panel(page, "Ask for one").getByRole("link", { name: "Restart" }).click();
  await page.waitForURL("**/requests/new?*kind=restart*");
  await page.getByLabel(/^Nodes, of/).fill("0");
  await page.getByRole("button", { name: "See what it would do" }).click();
  const plan = panel(page, "The plan: Restart broker 0 of demo");
  await expect(plan.getByRole("listitem").filter({ hasText: "Restart broker 0" })).toBeVisible();
  await expect(plan).toContainText(/would begin now|would wait first/);
  await taken(page);
  await check(page);
  const request = await ask(page);

  // Who may ask for nothing sees all of it.
  await looker.goto(operations);
  await taken(looker);
  await expect(looker.getByText("Operators ask for them.")).toBeVisible();
  const named = panel(looker, "Now").getByRole("link", { name: "Restart broker 0 of demo" });
  await expect(named).toBeVisible({ timeout: 60_000 });
  await named.click();
  await expect(heading(looker)).toHaveText("Restart broker 0 of demo");
  await expect(looker.getByRole("button", { name: "Pause" })).toHaveCount(0);
  await looker.evaluate(() => { window.stayed = true; });
  const path = new URL(looker.url()).pathname;

  await page.goto(path);
  await taken(page);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText(/It stops after the running step|Nothing is done until somebody has it go on/)).toBeVisible();
  await expect(looker.getByText(/It stops after the running step|Nothing is done until somebody has it go on/)).toBeVisible();
  await page.getByRole("button", { name: "Go on" }).click({ timeout: LONG });
  await expect(panel(looker, "Steps").getByText("done", { exact: true }).first()).toBeVisible({ timeout: LONG });
  await expect(panel(looker, "What happened")).toContainText("0");
  expect(await looker.evaluate(() => window.stayed)).toBe(true);
  await page.goto(request);
  await expect(page.getByRole("cell", { name: "applied" })).toBeVisible({ timeout: 30_000 });
  await page.goto("/audit?kind=operation");
  for (const action of ["pause", "resume"]) {
    await expect(page.getByRole("rowheader", { name: action }).first()).toBeVisible();
  }
});

test("in prod another operator agrees", async ({ browser }) => {
  test.setTimeout(LONG);
  const page = await another(browser, "operator");
  const second = await another(browser, "operator2");
  await page.goto(wizard("restart", "kafka%2Fprod"));
  await page.getByLabel(/^Nodes, of/).fill("0");
  await page.getByRole("button", { name: "See what it would do" }).click();
  await expect(panel(page, "Worth knowing")).toContainText("There is one broker only: clients reach nothing while it restarts.");
  // Other journeys may have made topics here, of which each has to be named.
  const named = page.getByText(/^To be accepted by name: /);
  if (await named.count()) {
    const topics = (await named.textContent()).replace("To be accepted by name: ", "");
    await page.getByLabel(/^Topics that may be unavailable/).fill(topics);
  }
  const path = await ask(page);
  await expect(page.getByText("needs approval")).toBeVisible();
  await expect(page.getByRole("button", { name: "Approve" })).toHaveCount(0);

  await second.goto(path);
  await taken(second);
  await expect(panel(second, /^The plan/)).toBeVisible();
  await second.getByRole("button", { name: "Approve" }).click();
  await page.reload();
  await expect(page.getByRole("cell", { name: "applied" })).toBeVisible({ timeout: LONG });
  await page.getByRole("link", { name: /^restart-/ }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Restart broker 0 of prod");
  await expect(page.getByText("operator2")).toBeVisible();
});

test("what cannot be done is said before anybody is asked", async ({ browser }) => {
  const page = await another(browser, "operator");
  await page.goto(wizard("upgrade"));
  await page.getByLabel(/^Kafka's version/).fill("4.99.0");
  await page.getByRole("button", { name: "See what it would do" }).click();
  await expect(page.getByText("Not like this").first()).toBeVisible();
  await page.getByRole("button", { name: "Ask for it" }).click();
  await expect(page.locator(".notice", { hasText: "Not asked for" })).toBeVisible();
});

test("who is no operator asks for no operation", async ({ page }) => {
  await page.goto(wizard("restart"));
  await expect(page.getByLabel("Kind").locator("option", { hasText: /restart/i })).toHaveCount(0);
});

test.describe("without JavaScript", () => {
  test.use({ contextOptions: { baseURL: process.env.KLAMM_URL, javaScriptEnabled: false } });

  test("operations are listed and narrowed", async ({ page }) => {
    await page.goto(operations);
    await page.getByLabel("Kind").selectOption("restart");
    await page.getByRole("button", { name: "Filter" }).click();
    await expect(page).toHaveURL(/kind=restart/);
    await expect(panel(page, "All operations")).toBeVisible();
  });
});
