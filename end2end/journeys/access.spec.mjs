import { another, check, cluster, expect, group, groups, inTurn, looks, taken, test, topic, topics } from "./klamm.mjs";

const pages = [
  "/",
  "/clusters",
  cluster,
  `${cluster}/brokers`,
  `${cluster}/brokers/0`,
  `${cluster}/operations`,
  `${cluster}/placement`,
  `${cluster}/findings`,
  `${cluster}/findings?severity=critical&rule=brokerDown`,
  `${cluster}/targets`,
  `${cluster}/clients`,
  `${cluster}/disks`,
  `${cluster}/disks?hours=24&sort=growth&only=misfits`,
  `${cluster}/placement?topic=sample-topic&lose=broker%3A0`,
  topics,
  `${topics}?q=nothing-is-called-this`,
  topic,
  `${topic}?tab=config`,
  `${topic}?tab=config&set=true`,
  `${topic}?tab=consumers`,
  `${topic}?tab=access`,
  `${topic}?tab=yaml`,
  `${topic}/messages`,
  `${topics}/__consumer_offsets?tab=access`,
  `${topics}/__consumer_offsets?tab=yaml`,
  groups,
  `${groups}?q=nothing-is-called-this&state=Dead`,
  group,
  "/topics",
  "/groups",
  "/policies",
  "/policies?kind=topicCreate&cluster=kafka%2Fdemo&team=payments&topic=payments.x&partitions=500",
  "/tokens",
  "/topics?q=sample",
  "/search",
  "/search?q=a",
  "/search?q=payments",
  "/search?q=nothing-is-called-this",
];

for (const [name, look] of looks) {
  test.describe(name, () => {
    test.use({ contextOptions: { baseURL: process.env.KLAMM_URL, ...look } });

    for (const path of inTurn(pages, name)) {
      test(`${path} is open to everybody`, async ({ page }) => {
        await page.goto(path);
        await taken(page);
        await check(page);
      });
    }

    for (const kind of inTurn(["upgrade", "finalise", "scale", "restart", "reconfigure", "rebalance", "drain"], name)) {
      test(`asking for ${kind} is open to every operator`, async ({ browser }) => {
        const page = await another(browser, "operator", look);
        await page.goto(`/requests/new?kind=${kind}&cluster=kafka%2Fdemo`);
        await taken(page);
        await check(page);
      });
    }

    test("the sign-in page is open to everybody", async ({ stranger }) => {
      await stranger.goto("/login?problem=wrong-credentials");
      await taken(stranger);
      await check(stranger);
    });

    test("the open menu and the help are open to everybody", async ({ page }) => {
      await page.goto(cluster);
      await taken(page);
      await page.getByRole("button", { name: "payments-lead" }).click();
      await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
      await check(page);
      await page.keyboard.press("Escape");
      await page.keyboard.press("?");
      await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
      await check(page);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog", { name: "Keys" })).toBeHidden();
    });
  });
}

test("the first tab stop leads past the menus", async ({ page }) => {
  await page.goto(cluster);
  await taken(page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();
});

test("the theme is chosen once and stays", async ({ page }) => {
  await page.goto(cluster);
  await taken(page);
  await page.getByRole("button", { name: "payments-lead" }).click();
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  const response = await page.reload();
  expect(await response.text()).toContain('data-theme="dark"');
  await taken(page);
  await page.getByRole("button", { name: "payments-lead" }).click();
  await expect(page.getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: "Auto" }).click();
  await expect(page.locator("html")).not.toHaveAttribute("data-theme");
});
