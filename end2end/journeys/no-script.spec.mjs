import { cluster, expect, signIn, test, topic, topics } from "./klamm.mjs";

test.use({ contextOptions: { baseURL: process.env.KLAMM_URL, javaScriptEnabled: false } });

test("without JavaScript one signs in, searches, sorts, reads and signs out", async ({ stranger }) => {
  await stranger.goto(topics);
  await signIn(stranger, "operator2");
  await expect(stranger).toHaveURL(new RegExp(`${topics}$`));
  await stranger.getByRole("searchbox", { name: "Name, team or object contains" }).fill("sample");
  await stranger.getByRole("button", { name: "Show" }).click();
  await expect(stranger).toHaveURL(/q=sample/);
  await stranger.getByRole("columnheader", { name: "Partitions" }).getByRole("link").click();
  await expect(stranger).toHaveURL(/sort=partitions/);
  await stranger.getByRole("link", { name: "sample-topic", exact: true }).click();
  await expect(stranger).toHaveURL(new RegExp(`${topic}$`));
  await expect(stranger.getByRole("region", { name: "Partitions" }).locator("tbody tr")).toHaveCount(20);
  for (const [part, word] of [["Config", "retention.ms"], ["Access", "payments/consumer"], ["YAML", "kind: ConfigMap"]]) {
    await stranger.getByRole("navigation", { name: "Parts of sample-topic" }).getByRole("link", { name: part }).click();
    await expect(stranger.getByText(word).first()).toBeVisible();
  }
  await stranger.getByRole("button", { name: "operator2" }).click();
  await stranger.getByRole("button", { name: "Sign out" }).click();
  await expect(stranger).toHaveURL(/\/login/);
  await stranger.goto(cluster);
  await expect(stranger).toHaveURL(/\/login\?next=/);
});

test("without JavaScript the search of the top bar works", async ({ page }) => {
  await page.goto("/clusters");
  await page.getByRole("searchbox", { name: "Search everything" }).fill("sample");
  await page.getByRole("searchbox", { name: "Search everything" }).press("Enter");
  await expect(page).toHaveURL(/\/search\?q=sample/);
  await expect(page.getByRole("link", { name: "sample-topic", exact: true })).toBeVisible();
});

test("without JavaScript a wish is tried by a plain form", async ({ page }) => {
  await page.goto("/policies");
  await page.getByLabel("Team").fill("payments");
  await page.getByLabel("Topic", { exact: true }).fill("payments.tried");
  await page.getByLabel("Partitions").fill("101");
  await page.getByRole("button", { name: "Try", exact: true }).click();
  await expect(page.locator(".verdict")).toContainText("It would be refused: 101 partitions; 100 is the most.");
});
