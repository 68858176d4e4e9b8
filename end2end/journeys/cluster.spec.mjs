import { cluster, expect, taken, test } from "./klamm.mjs";

test("a cluster is told in a sentence, with its brokers, racks and addresses", async ({ page }) => {
  await page.goto("/clusters");
  await taken(page);
  await page.getByRole("link", { name: "kafka/demo" }).click();
  await expect(page).toHaveURL(new RegExp(`${cluster}$`));
  await expect(page).toHaveTitle("kafka/demo · Klamm");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("demo");
  await expect(page.getByText("3 brokers in 3 racks")).toBeVisible();

  const brokers = page.getByRole("region", { name: "Brokers" }).locator("tbody tr");
  await expect(brokers).toHaveCount(3);
  await expect(brokers.filter({ hasText: "Serving" })).toHaveCount(3);
  await expect(brokers.filter({ hasText: "active" })).toHaveCount(1);
  await expect(page.getByRole("img", { name: /^Broker \d+: leads/ })).toHaveCount(3);
  await page.getByRole("region", { name: "Topics of kafka/demo" }).getByRole("link", { name: "sample-topic" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("sample-topic");
});

test("tenants are told with what they have, and lead to their topics", async ({ page }) => {
  await page.goto(cluster);
  await taken(page);
  const tenants = page.getByRole("region", { name: "Tenants of kafka/demo" }).locator("tbody tr");
  await expect(tenants).toHaveCount(3);
  const payments = tenants.filter({ has: page.getByRole("rowheader", { name: "payments", exact: true }) });
  await expect(payments).toContainText("rec/s");
  await expect(tenants.last().getByRole("rowheader")).toHaveText("Others");
  await payments.getByRole("link", { name: "sample-topic", exact: true }).click();
  await expect(page).toHaveURL(/\/topics\?q=sample-topic$/);
  await expect(page.getByRole("link", { name: "sample-topic", exact: true })).toBeVisible();
  await page.goBack();
  await payments.getByRole("link", { name: "payments", exact: true }).click();
  await expect(page).toHaveURL(/\/topics\?team=payments$/);
  await expect(page.getByRole("link", { name: "sample-topic", exact: true })).toBeVisible();
});

test("addresses for clients are copied with a click", async ({ page }) => {
  await page.goto(cluster);
  await taken(page);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const outside = page.getByRole("region", { name: "Addresses for clients" }).getByRole("row", { name: /outside/ });
  await outside.getByRole("button", { name: "Copy" }).click();
  await expect(outside.getByRole("button", { name: "Copied" })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^127\.\d+\.\d+\.\d+:\d+(,127\.\d+\.\d+\.\d+:\d+){2}$/);
});
