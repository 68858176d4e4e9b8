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
  const records = page.locator(".tile", { hasText: "kept" }).locator("strong");
  const tab = page.getByRole("navigation", { name: "Parts of sample-topic" }).getByRole("link", { name: "Overview" });
  await tab.focus();
  const before = await records.innerText();
  await expect(records).not.toHaveText(before, { timeout: 20_000 });
  expect(await page.evaluate(() => window.unloaded)).toBe(false);
  await expect(tab, "what one was at is not taken away").toBeFocused();
});

/** Goes to a part of the topic's page by its link, as one does. */
async function openPart(page, name, word) {
  const parts = page.getByRole("navigation", { name: "Parts of sample-topic" });
  await parts.getByRole("link", { name, exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`${topic}\\?tab=${word}$`));
  await expect(parts.getByRole("link", { name, exact: true })).toHaveAttribute("aria-current", "page");
  await expect(parts.locator("[aria-current]")).toHaveCount(1);
}

test("the configuration of a topic is told with where each value comes from and what it means", async ({ page }) => {
  await page.goto(topic);
  await taken(page);
  await openPart(page, "Config", "config");
  const keeping = page.getByRole("region", { name: "How long records stay" });
  const retention = keeping.locator("tr", { hasText: "retention.ms" });
  await expect(retention).toContainText("1 h");
  await expect(retention).toContainText("this topic");
  await expect(retention).toContainText("else 7 days, from Kafka's default", { timeout: 60_000 });
  await expect(retention).toContainText("How long records are kept");
  const minimum = page.getByRole("region", { name: "How safe writes are" }).locator("tr", { hasText: "min.insync.replicas" });
  await expect(minimum).toContainText("all brokers, while running");
  await page.getByRole("link", { name: /Only what is set here/ }).click();
  await expect(page).toHaveURL(/tab=config&set=true/);
  await expect(page.getByRole("region", { name: "How safe writes are" })).toHaveCount(0);
  await expect(retention).toBeVisible();
  await page.goBack();
  await expect(minimum).toBeVisible();
});

test("a loss is told by what brokers have by default", async ({ page }) => {
  await page.goto(`${cluster}/placement?lose=broker%3A0`);
  await expect(page.locator(".tile", { hasText: "Minimum not known" }).locator("strong")).toHaveText("0", { timeout: 30_000 });
});

test("who may use a topic is told by user and team, with the rules behind it", async ({ page }) => {
  await page.goto(topic);
  await taken(page);
  await openPart(page, "Access", "access");
  const users = page.getByRole("region", { name: "Who may use it" });
  const consumer = users.locator("tr", { hasText: "payments/consumer" });
  await expect(consumer).toContainText("payments", { timeout: 40_000 });
  await expect(consumer.locator(".chip")).toHaveText(["read"]);
  await expect(consumer).toContainText("allows Read, Describe on this topic");
  await expect(users.locator("tr", { hasText: "payments/producer" }).locator(".chip")).toHaveText(["write"]);
  await expect(page.getByText("User:klamm-admin")).toBeVisible();
});

test("the consumers of a topic have a part of their own", async ({ page }) => {
  await page.goto(topic);
  await taken(page);
  await openPart(page, "Consumers", "consumers");
  await expect(page.getByRole("link", { name: "payments.consumer", exact: true })).toBeVisible();
});

test("the manifest of a topic is copied and is what the API gives", async ({ page }) => {
  await page.goto(topic);
  await taken(page);
  await openPart(page, "YAML", "yaml");
  const text = await page.getByRole("region", { name: "Manifest" }).innerText();
  expect(text).toContain("kind: ConfigMap");
  expect(text).toContain("retention.ms=3600000");
  expect(text).not.toMatch(/managedFields|klamm.dev\/status|resourceVersion/);
  await page.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  // A page may not read the clipboard, but a person may paste; a field of one line makes spaces of line breaks.
  await page.keyboard.press("/");
  await page.keyboard.press("Control+V");
  await expect(page.getByRole("searchbox")).toHaveValue(text.trim().replaceAll("\n", " "));
  const file = await page.request.get(`/api/v1${topic}/manifest`);
  expect(file.headers()["content-type"]).toBe("application/yaml");
  expect((await file.text()).trim()).toBe(text.trim());
});

test("search, order and page stand in the address", async ({ page }) => {
  await page.goto(topics);
  await taken(page);
  await page.getByRole("searchbox", { name: "Name, team or object contains" }).fill("SAMPLE");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/q=SAMPLE/);
  await expect(page.getByRole("link", { name: "sample-topic", exact: true })).toBeVisible();
  await page.getByRole("columnheader", { name: "Size" }).getByRole("link", { name: "Size" }).click();
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
  await page.getByRole("columnheader", { name: "Size" }).getByRole("link", { name: "Size" }).click();
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
  await expect(page.getByRole("heading", { name: "Topics of payments" }).first()).toBeVisible();
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
