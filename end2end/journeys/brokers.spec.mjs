import { cluster, expect, taken, test, topic } from "./klamm.mjs";

const brokers = `${cluster}/brokers`;
const placement = `${cluster}/placement`;

test("a broker shows its disks, its part in the quorum and what it holds", async ({ page }) => {
  await page.goto(cluster);
  await taken(page);
  await page.getByRole("navigation", { name: "Pages of kafka/demo" }).getByRole("link", { name: "Brokers" }).click();
  await expect(page).toHaveURL(new RegExp(`${brokers}$`));
  const table = page.getByRole("region", { name: "Brokers" });
  for (const width of [1174, 390]) {
    await page.setViewportSize({ width, height: 900 });
    const beyond = await table.evaluate((one) => one.scrollWidth - one.clientWidth);
    expect(beyond, `what is beyond the edge at ${width}`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await table.getByRole("link", { name: "1", exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`${brokers}/1$`));
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Broker 1 is serving");
  await expect(page.getByRole("region", { name: "Log dirs" }).locator("tbody tr")).toHaveCount(1);
  await expect(page.getByText(/Active controller|Voter/)).toBeVisible();
  await page.getByRole("searchbox", { name: "Topic contains" }).fill("sample");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/q=sample/);
  await page.getByRole("region", { name: "Replicas" }).getByRole("link", { name: "sample-topic" }).first().click();
  await expect(page).toHaveURL(new RegExp(`${topic}$`));
});

test("the page of targets says that every broker's exporter is read", async ({ page }) => {
  await page.goto(brokers);
  await taken(page);
  const tab = page.getByRole("navigation", { name: "Pages of kafka/demo" }).getByRole("link", { name: "Targets" });
  await tab.click();
  await expect(page).toHaveURL(new RegExp(`${cluster}/targets$`));
  await expect(tab).toHaveAttribute("aria-current", "page");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Every target tells numbers");
  const rows = page.getByRole("region", { name: "Targets" }).locator("tbody tr");
  await expect(rows).toHaveCount(3);
  await expect(rows.first()).toContainText("9779");
  await rows.first().getByRole("link").first().click();
  await expect(page).toHaveURL(new RegExp(`${brokers}/\\d$`));
});

test("disks are told by volume, by topic, and with what another retention would do", async ({ page }) => {
  await page.goto(`${cluster}/disks`);
  await taken(page);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(/disk|full/);
  await expect(page.getByRole("region", { name: "Volumes" }).locator("tbody tr")).toHaveCount(3);
  await expect(page.getByRole("group", { name: "Topics by size" })).toBeVisible();
  await page.getByLabel("What if they kept records for so many hours").fill("1");
  await page.getByLabel("only this topic").fill("sample-topic");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.getByText("If sample-topic kept records for 60 min")).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Would come to" })).toBeVisible();
  const topic = page.getByRole("region", { name: "Topics by size" }).getByRole("link", { name: "sample-topic" });
  await topic.click();
  await expect(page).toHaveURL(/topics\/sample-topic$/);
});

test("placement says what the loss of a broker and of a rack would do", async ({ page }) => {
  await page.goto(placement);
  await taken(page);
  await expect(page.getByRole("region", { name: "Placement by rack and broker" }).locator("tbody tr")).toHaveCount(3);
  await expect(page.getByRole("img", { name: /^Broker \d+: leads/ })).toHaveCount(3);
  await page.getByRole("combobox", { name: "What if" }).selectOption("without rack zone-a");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/lose=rack(%3A|:)zone-a/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Without rack zone-a");
  await page.getByRole("searchbox", { name: "Topic", exact: true }).fill("sample-topic");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/topic=sample-topic&lose=/);
  await expect(page.getByText(/^20 partitions/)).toBeVisible();
  await page.getByRole("link", { name: /without rack zone-a/ }).click();
  await expect(page).not.toHaveURL(/lose=/);
});

test.describe("what does not exist", () => {
  test.use({ expectedErrors: /status of 4(04|22)/ });

  const [elsewhere, anew] = ["All clusters", "This page from its beginning"];
  for (const [path, status, way] of [
    [`${brokers}/99`, 404, elsewhere],
    [`${brokers}/one`, 404, elsewhere],
    [`${placement}?topic=nothing-is-called-this`, 404, elsewhere],
    [`${placement}?lose=broker%3A99`, 422, anew],
  ]) {
    test(`answers ${status} with a page: ${path}`, async ({ page }) => {
      const response = await page.goto(path);
      expect(response.status()).toBe(status);
      await taken(page);
      await expect(page.getByRole("link", { name: way })).toBeVisible();
    });
  }
});
