// Charts: they move by themselves, say the same as a table and as a file, and follow the mouse and the keys.
import { check, cluster, expect, group, inTurn, looks, taken, test, topic } from "./klamm.mjs";

const records = (page) => page.locator("figure.chart", { has: page.getByRole("heading", { name: "Records in and out" }) });
const line = (chart) => chart.locator(".series-1 .line").getAttribute("d");

/** A number of a table as it was before it was told in about three digits: 98.5, 1.23 k. */
function meant(told) {
  const [number, prefix = ""] = told.split(" ");
  return Number(number) * 1000 ** ["", "k", "M", "G"].indexOf(prefix);
}

/** The address of a chart's first file, and the rows of its table with their first number, all of the same moment. */
const tabled = (chart) =>
  chart.evaluate((figure) => ({
    href: figure.querySelector(".chart-table .ways a").getAttribute("href"),
    rows: [...figure.querySelectorAll("tbody tr")].map((row) => [
      row.querySelector("th").textContent,
      row.querySelector("td").textContent,
    ]),
  }));

test("a chart moves without a reload, and what is unfolded and taken away stays so", async ({ page }) => {
  test.setTimeout(120_000);
  await page.goto(cluster);
  await taken(page);
  const chart = records(page);
  await expect(chart).toBeVisible({ timeout: 60_000 });
  await chart.getByText("As a table").click();
  await expect(chart.getByRole("table")).toBeVisible();
  await chart.getByRole("checkbox").first().uncheck();
  await expect(chart.locator(".series-1")).toBeHidden();
  const before = await line(chart);
  await expect.poll(() => line(chart), { timeout: 60_000 }).not.toBe(before);
  await expect(chart.getByRole("table")).toBeVisible();
  await expect(chart.locator(".series-1")).toBeHidden();
});

test("the table and the file say what the chart shows", async ({ page }) => {
  test.setTimeout(150_000);
  await page.goto(cluster);
  const chart = records(page);
  await expect(chart).toBeVisible({ timeout: 60_000 });
  await chart.getByText("As a table").click();
  await expect(chart.getByRole("link", { name: "CSV of in" })).toBeVisible();
  // The demo may be so young that nothing but the newest row has a number.
  await expect(async () => {
    const { href, rows } = await tabled(chart);
    const file = await page.request.get(href);
    expect(file.headers()["content-type"]).toContain("text/csv");
    const [head, ...lines] = (await file.text()).trim().split("\r\n");
    expect(head).toBe('"time","messages_in (records/s)"');
    expect(lines.length).toBeGreaterThan(200);
    // 2026-11-28T09:15:30Z,98.5 is 11-28 09:15:30 there.
    const inFile = new Map(
      lines.map((line) => line.split(",")).map(([at, value]) => [at.slice(5, 19).replace("T", " "), value]),
    );
    // What is being measured just now is not settled, and of an hour ago less and less is known.
    const settled = rows.slice(3, -1);
    for (const [at, told] of settled) {
      const value = inFile.get(at);
      const both = `${at}: ${told} in the table, ${value} in the file`;
      expect(value, both).toBeDefined();
      expect(told === "–", both).toBe(value === "");
      // As far as three digits tell it.
      if (told !== "–") expect(Math.abs(meant(told) - value), both).toBeLessThan(0.006 * (1 + Number(value)));
    }
    expect(settled.filter(([, told]) => told !== "–").length, "rows with numbers").toBeGreaterThan(0);
  }).toPass({ timeout: 80_000 });
});

test("the crosshair is one for all charts, by the mouse and by the keys", async ({ page }) => {
  await page.goto(topic);
  await taken(page);
  const charts = page.locator("figure.chart");
  await expect(charts.first()).toBeVisible({ timeout: 60_000 });
  const hit = charts.first().locator(".chart-hit");
  // The page may be drawn anew, with a chart more, while the mouse is on its way.
  await expect(async () => {
    const { width, height } = await hit.boundingBox();
    await hit.hover({ position: { x: width * 0.75, y: height / 2 } });
    await expect(page.locator("figure.chart:not([data-at])")).toHaveCount(0, { timeout: 1000 });
  }).toPass({ timeout: 30_000 });
  const by_mouse = await charts.first().locator(".chart-at").textContent();
  expect(by_mouse).toMatch(/\d\d:\d\d/);
  await page.mouse.move(0, 0);
  await expect(page.locator("figure.chart[data-at]")).toHaveCount(0);

  await charts.first().locator(".chart-plot").focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await expect(charts.first().locator(".chart-at")).toHaveText(/\d\d:\d\d/);
  await expect(charts.first().getByRole("status")).toHaveText(/\d\d:\d\d.*in/);
  await page.keyboard.press("Escape");
  await expect(page.locator("figure.chart[data-at]")).toHaveCount(0);
});

test("a range is chosen by dragging, held, and left again", async ({ page }) => {
  await page.goto(cluster);
  await taken(page);
  await page.getByRole("link", { name: "6 h", exact: true }).click();
  await expect(page).toHaveURL(/range=6h/);
  await expect(page.getByText("the last 6 h")).toBeVisible();
  const chart = records(page);
  await expect(chart).toBeVisible({ timeout: 60_000 });
  const hit = await chart.locator(".chart-hit").boundingBox();
  await page.mouse.move(hit.x + hit.width * 0.9, hit.y + 40);
  await page.mouse.down();
  await page.mouse.move(hit.x + hit.width * 0.95, hit.y + 60);
  await page.mouse.move(hit.x + hit.width - 2, hit.y + 60);
  await page.mouse.up();
  await expect(page).toHaveURL(/since=\d+&until=\d+/);
  await expect(page.getByText(/^from .* to .*, in UTC$/)).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(/^Now: .* The charts show the time from/);
  await page.getByRole("link", { name: "Go on live" }).click();
  await expect(page).not.toHaveURL(/since=/);
});

test("more charts come where somebody asks for them, and stay when another time is shown", async ({ page }) => {
  await page.goto(cluster);
  await taken(page);
  await expect(records(page)).toBeVisible({ timeout: 60_000 });
  await page.getByRole("link", { name: "More charts" }).click();
  await expect(page).toHaveURL(/charts=all/);
  await expect(page.locator("figure#chart-topics")).toBeVisible();
  await expect(page.locator("figure.chart").nth(4)).toBeVisible();
  await page.getByRole("link", { name: "6 h", exact: true }).click();
  await expect(page).toHaveURL(/charts=all&range=6h/);
  await page.getByRole("link", { name: "Fewer charts" }).click();
  await expect(page.locator("figure.chart")).toHaveCount(4);
  await expect(page).toHaveURL(/\?range=6h$/);
});

for (const [name, look] of looks) {
  test.describe(name, () => {
    test.use(look);
    for (const path of inTurn([cluster, `${cluster}/brokers`, `${cluster}/brokers/1`, topic, group], name)) {
      test(`${path} is accessible with its charts`, async ({ page }) => {
        await page.goto(path);
        await taken(page);
        for (const table of await page.locator("summary:visible", { hasText: "As a table" }).all()) await table.click();
        await check(page);
      });
    }
  });
}
