import { cluster, expect, klamm, taken, test } from "./klamm.mjs";

test("a node that stops takes its broker with it, and one sees it go and return without reloading", async ({ page }) => {
  test.setTimeout(240_000);
  await page.goto(cluster);
  await taken(page);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.evaluate(() => { window.stayed = true; });

  const brokers = page.getByRole("region", { name: "Brokers" });
  const lost = brokers.getByRole("row").filter({ hasText: "zone-c" });
  await expect(lost).toContainText("Serving");
  const id = await lost.getByRole("rowheader").innerText();
  const broker = brokers.getByRole("row").filter({ has: page.getByRole("rowheader", { name: id, exact: true }) });

  await klamm("sandbox", "node", "stop", "zone-c");
  try {
    await expect(broker).not.toContainText("Serving", { timeout: 15_000 });
    await expect(page.getByRole("heading", { level: 1 })).not.toContainText("every replica in sync");
  } finally {
    await klamm("sandbox", "node", "start", "zone-c");
  }
  await expect(broker).toContainText("Serving", { timeout: 180_000 });
  expect(await page.evaluate(() => window.stayed)).toBe(true);
});
