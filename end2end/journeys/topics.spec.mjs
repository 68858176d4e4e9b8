import { cluster, expect, taken, test, topic, topics } from "./klamm.mjs";

test("a topic is found with the keyboard alone, and shows its partitions", async ({ page }) => {
  await page.goto("/");
  await taken(page);
  await page.keyboard.press("/");
  await page.keyboard.type("sample");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/search\?q=sample/);
  await page.getByRole("link", { name: "sample-topic", exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`${topic}$`));
  await expect(page.getByRole("heading", { level: 1 })).toContainText("sample-topic");
  await expect(page.getByText("declared by ConfigMap payments/sample-topic")).toBeVisible();

  const partitions = page.getByRole("region", { name: "Partitions" });
  await expect(partitions.locator("tbody tr")).toHaveCount(20);
  for (const row of await partitions.locator("tbody tr").all()) {
    const [leader, replicas] = await Promise.all([row.locator("td").nth(1).innerText(), row.locator("td").nth(2).innerText()]);
    expect(replicas.split(", ")).toHaveLength(2);
    expect(replicas.split(", ")).toContain(leader);
  }
});

test("numbers move without reloading", async ({ page }) => {
  await page.goto(topic);
  await taken(page);
  await page.evaluate(() => { window.unloaded = false; });
  const records = page.locator(".tile", { hasText: "Records" }).locator("strong");
  const tab = page.getByRole("link", { name: "Overview" });
  await tab.focus();
  const before = await records.innerText();
  await expect(records).not.toHaveText(before, { timeout: 20_000 });
  expect(await page.evaluate(() => window.unloaded)).toBe(false);
  await expect(tab, "what one was at is not taken away").toBeFocused();
});

test("search, order and page stand in the address", async ({ page }) => {
  await page.goto(topics);
  await taken(page);
  await page.getByRole("searchbox", { name: "Name, team or object contains" }).fill("SAMPLE");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/q=SAMPLE/);
  await expect(page.getByRole("link", { name: "sample-topic", exact: true })).toBeVisible();
  await page.getByRole("columnheader", { name: "Size" }).getByRole("link").click();
  await expect(page).toHaveURL(/q=SAMPLE&sort=sizeBytes&order=desc/);
  await expect(page.getByRole("columnheader", { name: "Size" })).toHaveAttribute("aria-sort", "descending");
  await page.getByRole("link", { name: /Remove this filter/ }).click();
  await expect(page).not.toHaveURL(/q=/);
  await page.goBack();
  await expect(page).toHaveURL(/q=SAMPLE/);
  await page.goto(`${topics}?internal=true&q=__consumer`);
  await expect(page.getByRole("link", { name: "__consumer_offsets", exact: true })).toBeVisible();
});

test("a column sorted before the filtered list has come keeps the filter", async ({ page }) => {
  await page.goto(topics);
  await taken(page);
  let release = () => {};
  const held = new Promise((resolve) => { release = resolve; });
  await page.route("**/api/fn/topics*", async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole("searchbox", { name: "Name, team or object contains" }).fill("SAMPLE");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/q=SAMPLE/);
  await page.getByRole("columnheader", { name: "Size" }).getByRole("link").click();
  await expect(page).toHaveURL(/q=SAMPLE&sort=sizeBytes&order=desc/);
  release();
  await expect(page.getByRole("columnheader", { name: "Size" })).toHaveAttribute("aria-sort", "descending");
  await expect(page.getByRole("link", { name: /Remove this filter/ })).toBeVisible();
});

test("nothing found offers a way on", async ({ page }) => {
  await page.goto(`${topics}?q=%3Cimg+src%3Dx%3E`);
  await expect(page.getByText("No topic fits")).toBeVisible();
  await page.getByRole("link", { name: "Show all topics" }).click();
  await expect(page.getByRole("link", { name: "sample-topic", exact: true })).toBeVisible();
});

test("my work has the topics of my team", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Topics of payments" })).toBeVisible();
  await expect(page.getByRole("link", { name: "sample-topic", exact: true })).toBeVisible();
  await page.getByRole("link", { name: "kafka/demo" }).first().click();
  await expect(page).toHaveURL(new RegExp(`${cluster}$`));
});

test.describe("a place in a list that was made up", () => {
  test.use({ expectedErrors: /status of 422/ });

  test("is refused with a way back to the list", async ({ page }) => {
    const response = await page.goto(`${topics}?cursor=made-up`);
    expect(response.status()).toBe(422);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not valid");
    await taken(page);
    await page.getByRole("link", { name: "This page from its beginning" }).click();
    await expect(page.getByRole("link", { name: "sample-topic", exact: true })).toBeVisible();
  });

  test("past the end says so and leads back", async ({ page }) => {
    const cursor = Buffer.from('[1,"name","asc",null,"zzz"]').toString("base64url");
    await page.goto(`${topics}?cursor=${cursor}&before=50`);
    await expect(page.getByText("Nothing more here")).toBeVisible();
    await page.getByRole("link", { name: "Back to its first page" }).click();
    await expect(page.getByRole("link", { name: "sample-topic", exact: true })).toBeVisible();
  });
});

test.describe("what does not exist", () => {
  test.use({ expectedErrors: /status of 404/ });

  for (const path of ["/nowhere", "/clusters/kafka/nowhere", "/clusters/Not%20a/name", `${topics}/no-such-topic`]) {
    test(`answers 404 with a page: ${path}`, async ({ page }) => {
      const response = await page.goto(path);
      expect(response.status()).toBe(404);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not found");
      await taken(page);
      await page.getByRole("link", { name: "All clusters" }).click();
      await expect(page.getByRole("link", { name: "kafka/demo" })).toBeVisible();
    });
  }
});
