import { another, check, expect, looks, taken, test, topic } from "./klamm.mjs";

const messages = `${topic}/messages`;

test("the newest messages of a topic are shown, and neither they nor what was sought stand in the address", async ({ page }) => {
  await page.goto(topic);
  await taken(page);
  await page.getByRole("navigation", { name: "Parts of sample-topic" }).getByRole("link", { name: "Messages" }).click();
  await expect(page).toHaveURL(new RegExp(`${messages}$`));
  await page.getByLabel("How many").fill("7");
  await page.getByRole("button", { name: "Look" }).click();
  const rows = page.getByRole("region", { name: "Messages" }).locator("tbody tr");
  await expect(rows).toHaveCount(7);
  await expect(page).toHaveURL(new RegExp(`${messages}$`));
  await expect(page.getByRole("heading", { level: 1 })).toContainText("as many as were asked for");

  await page.getByLabel("Key or value contains").fill("no record has this");
  await page.getByRole("button", { name: "Look" }).click();
  await expect(page.getByText("No message fits")).toBeVisible();
  await expect(page.getByLabel("Key or value contains")).toHaveValue("no record has this");
  expect(page.url()).not.toContain("record");
});

test("an offset of a partition leads on, page by page", async ({ page }) => {
  await page.goto(messages);
  await taken(page);
  await page.getByLabel("Begin with").selectOption("offset");
  await page.getByLabel("Which offset, or moment").fill("0");
  await page.getByLabel("Partition", { exact: true }).fill("0");
  await page.getByLabel("How many").fill("3");
  await page.getByRole("button", { name: "Look" }).click();
  const first = page.getByRole("region", { name: "Messages" }).locator("tbody tr").first();
  const place = await first.locator("th").innerText();
  await page.getByRole("button", { name: /^Go on from offset/ }).click();
  await expect(first.locator("th")).not.toHaveText(place);
});

test("whoever is not named is told who is, and sees nothing", async ({ browser }) => {
  const page = await another(browser, "orders-dev");
  await page.goto(messages);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You may not see messages here");
  await expect(page.getByText("members of the owner's team").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Look" })).toHaveCount(0);
  await page.context().close();
});

for (const [look, options] of looks) {
  test.describe(look, () => {
    test.use({ contextOptions: { baseURL: process.env.KLAMM_URL, ...options } });

    test("messages can be read by everybody", async ({ page }) => {
      await page.goto(messages);
      await taken(page);
      await page.getByRole("button", { name: "Look" }).click();
      await taken(page);
      await expect(page.getByRole("region", { name: "Messages" })).toBeVisible();
      await check(page);
    });
  });
}
