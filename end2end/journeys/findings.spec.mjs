// A node stops: what is wrong with the cluster shows up by itself with what to do, is acknowledged, wants somebody again when that is
// taken back, and is gone when the node is back.
import { another, check, cluster, expect as base, klamm, taken, test } from "./klamm.mjs";

/** What has happened is to be on every page by then. */
const expect = base.configure({ timeout: 20_000 });
const findings = `${cluster}/findings`;

test("a node that stops is found, known, and forgotten, without reloading", async ({ browser, page }) => {
  test.setTimeout(300_000);
  const operator = await another(browser, "operator");
  const overview = await operator.context().newPage();
  const open = [operator, overview, page];
  await Promise.all([operator.goto(findings), overview.goto(cluster), page.goto(findings)]);
  for (const one of open) {
    await taken(one);
    await one.evaluate(() => { window.stayed = true; });
  }
  const table = (one) => one.getByRole("region", { name: "Findings" });
  await expect(page.getByRole("heading", { level: 1 })).toContainText("demo is serving");

  await klamm("sandbox", "node", "stop", "zone-b");
  try {
    await expect(table(operator)).toContainText(/Broker \d (is down|is fenced|does not answer)/);
    await expect(table(operator)).toContainText(/partitions have a replica there: [\w.-]+-\d+, /);
    await expect(operator.getByRole("link", { name: /^Findings \(\d+\)$/ })).toBeVisible();
    await expect(table(overview)).toContainText(/Broker \d/);
    await expect(table(page)).toContainText(/Broker \d/);
    await expect(page.getByRole("button", { name: "Acknowledge what is ticked" })).toHaveCount(0);
    for (const one of [operator, overview]) {
      const advice = table(one).getByText(/Restart nothing else before it is back/).first();
      await expect(advice).toBeVisible();
      const right = await advice.evaluate((words) => words.getBoundingClientRect().right);
      expect(right, "what to do is cut off").toBeLessThanOrEqual(1440);
    }

    // Browsers draw what is behind once a second, and the page changes as often while a broker is down.
    await operator.bringToFront();
    await operator.getByRole("checkbox", { name: /^Take: Broker \d/ }).check();
    await operator.getByLabel("Why it may stay so").fill("the journey stopped it");
    await check(operator);
    await operator.getByRole("button", { name: "Acknowledge what is ticked" }).click();
    await operator.waitForURL("**/findings?known=1");
    await expect(table(operator)).toContainText("operator knows of it: the journey stopped it");
    await taken(operator);
    await check(operator);
    await expect(table(page)).toContainText("operator knows of it: the journey stopped it");
    await table(operator).getByRole("button", { name: /^Take back: Broker \d/ }).click();
    await operator.waitForURL("**/findings?back=1");
    for (const one of [operator, page]) {
      await expect(table(one)).not.toContainText("operator knows of it");
    }
  } finally {
    await klamm("sandbox", "node", "start", "zone-b");
  }
  const down = (one) => one.getByText(/Broker \d (is down|is fenced|does not answer)/).count();
  for (const one of open) {
    await expect.poll(() => down(one), { timeout: 180_000 }).toBe(0);
  }
  for (const one of [overview, page]) {
    expect(await one.evaluate(() => window.stayed)).toBe(true);
  }
  await operator.context().close();
});
