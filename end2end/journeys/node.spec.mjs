import { cluster, expect as base, klamm, taken, test, topic } from "./klamm.mjs";

/** What has happened is to be on every page by then. */
const expect = base.configure({ timeout: 15_000 });

/** Every page that shows brokers, with what it says of one that is gone. */
const views = {
  overview: {
    path: cluster,
    told: (page) => expect(page.getByRole("heading", { level: 1 })).toContainText(/1 of 3 brokers is down|does not answer|is fenced/),
  },
  brokers: {
    path: `${cluster}/brokers`,
    told: (page, id) => expect(row(page, "Brokers", id)).not.toContainText("Serving"),
  },
  placement: {
    path: `${cluster}/placement`,
    told: (page) => expect(page.getByRole("heading", { level: 1 })).toContainText("out of sync"),
  },
  topic: {
    path: topic,
    told: (page) => expect(page.getByRole("heading", { level: 1 })).toContainText("short of a replica"),
  },
};
const whole = {
  overview: (page) => expect(page.getByRole("heading", { level: 1 })).toHaveText(/^demo is serving\s*dev$/),
  brokers: (page, id) => expect(row(page, "Brokers", id)).toContainText("Serving"),
  placement: (page) => expect(page.getByRole("heading", { level: 1 })).not.toContainText("out of sync"),
  topic: (page) => expect(page.getByRole("heading", { level: 1 })).toContainText("every replica in sync"),
};

function row(page, region, id) {
  const rows = page.getByRole("region", { name: region }).getByRole("row");
  return rows.filter({ has: page.getByRole("link", { name: id, exact: true }) });
}

test("a node that stops takes its broker with it, and every page says so without reloading, and when it is back", async ({ page }) => {
  test.setTimeout(300_000);
  const context = page.context();
  const pages = {};
  for (const [name, { path }] of Object.entries(views)) {
    pages[name] = await context.newPage();
    await pages[name].goto(path);
    await taken(pages[name]);
    await expect(pages[name].getByText("Live", { exact: true })).toBeVisible();
    await pages[name].evaluate(() => { window.stayed = true; });
  }
  const lost = pages.brokers.getByRole("region", { name: "Brokers" }).getByRole("row").filter({ hasText: "zone-c" });
  await expect(lost).toContainText("Serving");
  const id = await lost.getByRole("rowheader").getByRole("link").innerText();

  await klamm("sandbox", "node", "stop", "zone-c");
  try {
    await Promise.all(Object.entries(views).map(([name, { told }]) => told(pages[name], id)));
  } finally {
    await klamm("sandbox", "node", "start", "zone-c");
  }
  for (const [name, page] of Object.entries(pages)) {
    await expect.poll(() => whole[name](page, id).then(() => "whole", () => "not yet"), { timeout: 180_000 }).toBe("whole");
    expect(await page.evaluate(() => window.stayed)).toBe(true);
  }
});
