// One stream for all pages of a browser, whichever of them is looked at.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cluster, expect, signIn, state, taken, test, topic } from "./klamm.mjs";

const TABS = 10;
const metricsAt = /^metrics_listen = "(.+)"$/m.exec(readFileSync(join(state, "klamm.toml"), "utf8"))[1];

/** How many event streams the server holds open. */
async function streams(request) {
  const metrics = await request.get(`http://${metricsAt}/metrics`);
  return Number(/^klamm_http_event_streams (\d+)/m.exec(await metrics.text())?.[1]);
}

test("many tabs follow by one stream, and another takes over when its page is closed", async ({ page, request }) => {
  test.setTimeout(120_000);
  const context = page.context();
  // The server hears that a page of the journey before is gone when it next has something to tell it.
  await expect.poll(() => streams(request), { timeout: 45_000 }).toBe(0);
  const tabs = [page];
  while (tabs.length < TABS) tabs.push(await context.newPage());
  for (const tab of tabs) await tab.goto(topic);
  for (const tab of tabs) await expect(tab.getByRole("banner").getByText("Live")).toBeVisible();
  await expect.poll(() => streams(request)).toBe(1);

  await tabs.shift().close();
  await expect.poll(() => streams(request)).toBe(1);
  for (const tab of tabs) await expect(tab.getByRole("banner").getByText("Live")).toBeVisible();
  // What they show still changes: records come in all the time.
  const last = tabs.at(-1);
  const records = last.getByRole("main");
  const before = await records.textContent();
  await expect.poll(() => records.textContent(), { timeout: 20_000 }).not.toBe(before);
});

test.describe("a session that ends", () => {
  test.use({ expectedErrors: /status of 401/ });

  test("signing out in one tab is seen in all of them", async ({ stranger }) => {
    const context = stranger.context();
    await stranger.goto(cluster);
    await signIn(stranger, "orders-dev");
    await taken(stranger);
    const other = await context.newPage();
    await other.goto(cluster);
    await expect(other.getByRole("banner").getByText("Live")).toBeVisible();
    await stranger.getByRole("button", { name: "orders-dev" }).click();
    await stranger.getByRole("button", { name: "Sign out" }).click();
    await expect(stranger).toHaveURL(/\/login/);
    await expect(other.getByText("Your session has ended")).toBeVisible();
  });
});

/** What the page holds, after everything that can go has gone. */
async function held(session) {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  return { nodes: of("Nodes"), listeners: of("JSEventListeners"), heap: of("JSHeapUsedSize") };
}

test("a page that has read again and again holds no more than before", async ({ page }) => {
  test.setTimeout(120_000);
  await page.goto(topic);
  await expect(page.getByRole("banner").getByText("Live")).toBeVisible();
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const readAgain = async (times) => {
    for (let revision = 1; revision <= times; revision += 1) {
      const answer = page.waitForResponse((response) => response.url().includes("/api/fn/sheet"));
      // As another page of this browser would tell it.
      await page.evaluate((revision) => {
        const channel = new BroadcastChannel("klamm-events");
        const cluster = { namespace: "kafka", name: "demo" };
        channel.postMessage(JSON.stringify({ cluster, section: "numbers", revision: 1e9 + revision }));
        channel.close();
      }, revision);
      await answer;
    }
  };
  await readAgain(20);
  const before = await held(session);
  await readAgain(150);
  const after = await held(session);
  expect(after.nodes).toBeLessThan(before.nodes * 1.2 + 200);
  expect(after.listeners).toBeLessThan(before.listeners * 1.2 + 20);
  expect(after.heap).toBeLessThan(before.heap * 1.5 + 1_000_000);
});
