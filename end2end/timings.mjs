// How long pages take until they react, in a browser that has cached nothing. A line for each: what, tab, median in ms.
//   KLAMM_URL, KLAMM_STATE, CHROMIUM as in run.sh
import { chromium } from "@playwright/test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import config from "./playwright.config.mjs";

const ROUNDS = 7;
const pages = [
  ["page of the cluster in a new browser", "/clusters/kafka/estate"],
  ["page of topics in a new browser", "/clusters/kafka/estate/topics"],
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
  console.log(`${what}\t${took[Math.floor(ROUNDS / 2)]}`);
}
await browser.close();
