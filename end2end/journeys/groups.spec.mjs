import { cluster, expect, group, groups, taken, test, topic } from "./klamm.mjs";

const id = "payments.consumer";

test("a topic leads to the group that reads it, and the group back to its topics", async ({ page }) => {
  test.slow();
  await page.goto(topic);
  await taken(page);
  const consumers = page.getByRole("region", { name: "Consumers of sample-topic" });
  await consumers.getByRole("link", { name: id, exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`${group}$`));
  await expect(page.getByRole("heading", { level: 1 })).toContainText(id);
  // Of a consumer whose node was stopped a while ago the group keeps the member for as long as its session lasts.
  await expect(page.getByRole("region", { name: "Members" }).locator("tbody tr")).toHaveCount(1, { timeout: 60_000 });

  const offsets = page.getByRole("region", { name: "Offsets" }).locator("tbody tr");
  await expect(offsets).toHaveCount(20, { timeout: 20_000 });
  for (const row of await offsets.all()) {
    const [committed, end, lag] = (await row.locator("td").allInnerTexts())
      .slice(1)
      .map((text) => Number(text.replace(/\D/g, "")));
    expect(lag).toBe(Math.max(0, end - committed));
  }
  await offsets.first().getByRole("link", { name: "sample-topic" }).click();
  await expect(page).toHaveURL(new RegExp(`${topic}$`));
});

test("groups are searched, narrowed and sorted in the address", async ({ page }) => {
  await page.goto(cluster);
  await taken(page);
  await page.getByRole("navigation", { name: "Pages of kafka/demo" }).getByRole("link", { name: "Groups" }).click();
  await expect(page).toHaveURL(new RegExp(`${groups}$`));
  await page.getByRole("searchbox", { name: "Id contains" }).fill("PAYMENTS");
  await page.getByRole("combobox", { name: "State" }).selectOption("Stable");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/q=PAYMENTS&state=Stable/);
  await expect(page.getByRole("link", { name: id, exact: true })).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "Lag" })).toHaveAttribute("aria-sort", "descending");
  await page.getByRole("columnheader", { name: "Lag" }).getByRole("link").click();
  await expect(page).toHaveURL(/q=PAYMENTS&state=Stable&order=asc/);
  await expect(page.getByRole("columnheader", { name: "Lag" })).toHaveAttribute("aria-sort", "ascending");
  await page.getByRole("link", { name: /state Stable/ }).click();
  await expect(page).not.toHaveURL(/state=/);
  await expect(page).toHaveURL(/q=PAYMENTS/);
});

test("no group fits, and a way on is offered", async ({ page }) => {
  await page.goto(`${groups}?q=%3Cimg+src%3Dx%3E`);
  await expect(page.getByText("No group fits")).toBeVisible();
  await page.getByRole("link", { name: "Show all groups" }).click();
  await expect(page.getByRole("link", { name: id, exact: true })).toBeVisible();
});

test("groups of all clusters are searched in one place", async ({ page }) => {
  await page.goto("/");
  await taken(page);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Groups" }).click();
  await expect(page).toHaveURL(/\/groups$/);
  await page.getByRole("searchbox", { name: "Id contains" }).fill("payments");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await expect(page).toHaveURL(/\/groups\?q=payments/);
  await page.getByRole("link", { name: id, exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`${group}$`));
});

test.describe("a group that is not there", () => {
  test.use({ expectedErrors: /status of 404/ });

  for (const name of ["nobody", "a%2Fb", "%3Cscript%3E", "100%25"]) {
    test(`answers 404 with a page: ${name}`, async ({ page }) => {
      const response = await page.goto(`${groups}/${name}`);
      expect(response.status()).toBe(404);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not found");
      await taken(page);
    });
  }
});
