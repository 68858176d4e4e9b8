// How long pages take until they react, in a browser that has cached nothing, and how long frames take while somebody moves
// about in them. A line for each, with tabs: what, ms, budget in ms.
//   KLAMM_URL, KLAMM_STATE, CHROMIUM as in run.sh
import { chromium } from "@playwright/test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import config from "./playwright.config.mjs";

const ROUNDS = 7;
const REACTS_WITHIN = 1000;
const FRAME_WITHIN = 100;
const pages = [
  ["page of the cluster in a new browser", "/clusters/kafka/estate"],
  ["page of topics in a new browser", "/clusters/kafka/estate/topics"],
];
const drawings = [
  ["the map of disks", "/clusters/kafka/estate/disks", "svg.disk-map"],
  ["placement", "/clusters/kafka/estate/placement", "ul.squares"],
];

/** The page's own clock when the module has taken it over. */
function noteTakeover() {
  new MutationObserver((_, observer) => {
    if (document.documentElement?.dataset.hydrated !== "true") return;
    window.takenOverAt = performance.now();
    observer.disconnect();
  }).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-hydrated"] });
}

const browser = await chromium.launch(config.use.launchOptions);
const baseURL = process.env.KLAMM_URL;
const first = await browser.newContext({ baseURL });
const page = await first.newPage();
await page.goto("/login");
await page.getByLabel("User name").fill("operator");
await page.getByLabel("Password").fill(readFileSync(join(process.env.KLAMM_STATE, "demo-password"), "utf8").trim());
await page.getByRole("button", { name: "Sign in" }).click();
await page.waitForURL("**/");
const storageState = await first.storageState();
await first.close();

for (const [what, path] of pages) {
  const took = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const context = await browser.newContext({ baseURL, storageState });
    const page = await context.newPage();
    await page.addInitScript(noteTakeover);
    await page.goto(path);
    took.push(await page.waitForFunction(() => window.takenOverAt).then((handle) => handle.jsonValue()));
    await context.close();
  }
  took.sort((a, b) => a - b);
  console.log(`${what}, interactive\t${took[Math.floor(ROUNDS / 2)]}\t${REACTS_WITHIN}`);
}

/** Notes the time between frames until it is told to stop. */
function noteFrames() {
  window.frames_took = [];
  let last = performance.now();
  const note = (now) => {
    window.frames_took.push(now - last);
    last = now;
    if (!window.enough) requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
}

for (const [what, path, selector] of drawings) {
  const context = await browser.newContext({ baseURL, storageState, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(noteTakeover);
  await page.goto(path);
  await page.waitForFunction(() => window.takenOverAt);
  const drawing = page.locator(selector).first();
  await drawing.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await drawing.boundingBox();
  await page.evaluate(noteFrames);
  // Across it, in and out of everything it shows, and down the page and up again.
  for (let round = 0; round < 3; round += 1) {
    await page.mouse.move(x + 5, y + 5);
    await page.mouse.move(x + width - 5, y + Math.min(height, 800) - 5, { steps: 60 });
    await page.mouse.wheel(0, 1500);
    await page.mouse.move(x + width - 5, y + 5, { steps: 30 });
    await page.mouse.wheel(0, -1500);
  }
  const frames = await page.evaluate(() => {
    window.enough = true;
    return window.frames_took.sort((a, b) => a - b);
  });
  // One frame of a hundred may meet what else the machine does.
  console.log(`${what}, a frame, p99 of ${frames.length}\t${frames[Math.floor(frames.length * 0.99)]}\t${FRAME_WITHIN}`);
  await context.close();
}
await browser.close();
