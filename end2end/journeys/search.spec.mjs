import { cluster, expect, group, signIn, taken, test, topic } from "./klamm.mjs";

const field = (page) => page.getByRole("searchbox", { name: "Search everything" });
const found = (page, kind) => page.getByRole("region", { name: `${kind} found` });

test("one key, one word, and what was meant stands first", async ({ page }) => {
  await page.goto(cluster);
  await taken(page);
  await page.keyboard.press("/");
  await expect(field(page)).toBeFocused();
  await page.keyboard.type("SAMPLE");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/search\?q=SAMPLE$/);
  await expect(page).toHaveTitle("SAMPLE – search · Klamm");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("found for “SAMPLE”");
  const first = found(page, "Topics").locator("tbody tr").first();
  await expect(first.locator("mark")).toHaveText("sample");
  await expect(first).toContainText("ConfigMap payments/sample-topic");
  await first.getByRole("link", { name: "sample-topic" }).click();
  await expect(page).toHaveURL(new RegExp(`${topic}$`));
});

test("a word finds things of every kind, by what else they are known by", async ({ page }) => {
  await page.goto("/search?q=payments/sample");
  await taken(page);
  await expect(found(page, "Topics").getByRole("row", { name: /sample-topic/ }).locator("mark")).toHaveText("payments/sample");
  await page.goto("/search?q=payments");
  await taken(page);
  await expect(field(page)).toHaveValue("payments");
  await found(page, "Consumer groups").getByRole("link", { name: "payments.consumer" }).click();
  await expect(page).toHaveURL(new RegExp(`${group}$`));

  await page.goto("/search?q=payments/sample-topic");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("1 found for “payments/sample-topic”");
  await page.goto("/search?q=zone-b");
  await expect(found(page, "Brokers").locator("tbody tr")).toHaveCount(1);
  await expect(found(page, "Brokers")).toContainText("kafka/demo");
  await page.goto("/search?q=demo");
  await found(page, "Clusters").getByRole("link", { name: "kafka/demo" }).click();
  await expect(page).toHaveURL(new RegExp(`${cluster}$`));
});

test("all that was found is in a list that counts the same, and topics by name", async ({ page }) => {
  await page.goto("/search?q=payments");
  await taken(page);
  const facts = await page.locator(".facts").innerText();
  const groups = Number(/(\d+) consumer groups?/.exec(facts)[1]);
  const list = (title) => page.locator("section", { has: found(page, title) }).getByRole("link", { name: /list|all/ });
  await list("Consumer groups").click();
  await expect(page).toHaveURL(/\/groups\?q=payments$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${groups} consumer group${groups === 1 ? "" : "s"} found`);
  await page.goto("/search?q=sample-topic");
  await list("Topics").click();
  await expect(page).toHaveURL(/\/topics\?q=sample-topic$/);
  await expect(page.getByRole("link", { name: "sample-topic", exact: true })).toBeVisible();
});

test("searching again from what was found keeps the way back", async ({ page }) => {
  await page.goto("/search?q=zone-a");
  await taken(page);
  await field(page).fill("no-such-thing <img src=x>");
  await field(page).press("Enter");
  await expect(page.getByText("Nothing found")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nothing is called “no-such-thing <img src=x>”");
  await page.goBack();
  await expect(found(page, "Brokers")).toBeVisible();
  await page.getByRole("link", { name: "My work" }).click();
  await expect(page).toHaveURL(/\/$/);
});

test.describe("without JavaScript", () => {
  test.use({ contextOptions: { baseURL: process.env.KLAMM_URL, javaScriptEnabled: false } });

  test("one searches, follows what was found, and is told what to do where nothing was", async ({ stranger }) => {
    await stranger.goto("/search");
    await signIn(stranger, "orders-dev");
    await expect(stranger).toHaveURL(/\/search$/);
    await expect(stranger.getByText("Type a part of a name")).toBeVisible();
    await field(stranger).fill("sample-topic");
    await field(stranger).press("Enter");
    await expect(stranger).toHaveURL(/\/search\?q=sample-topic$/);
    await expect(field(stranger)).toHaveValue("sample-topic");
    await found(stranger, "Topics").getByRole("link", { name: "sample-topic" }).click();
    await expect(stranger).toHaveURL(new RegExp(`${topic}$`));
  });
});
