// What every journey starts from: who signs in, a page that tolerates no error, and the words of the demo.
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect } from "@playwright/test";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export { expect };

export const state = process.env.KLAMM_STATE;
export const password = readFileSync(join(state, "demo-password"), "utf8").trim();

export const cluster = "/clusters/kafka/demo";
export const topics = `${cluster}/topics`;
export const topic = `${topics}/sample-topic`;
export const groups = `${cluster}/groups`;
export const group = `${groups}/payments.consumer`;

const wide = { width: 1440, height: 900 };
const narrow = { width: 360, height: 740 };
/** Themes and sizes that pages are looked at in. Two have both of each; KLAMM_EVERY_LOOK asks for all four. */
export const looks = [
  ["light, wide", { colorScheme: "light", viewport: wide }],
  ["dark, narrow", { colorScheme: "dark", viewport: narrow }],
  ...(process.env.KLAMM_EVERY_LOOK
    ? [["light, narrow", { colorScheme: "light", viewport: narrow }], ["dark, wide", { colorScheme: "dark", viewport: wide }]]
    : []),
];

/**
 * The pages whose turn it is in that look. Each has its turn in one of them, because axe takes seconds for a page; with
 * KLAMM_EVERY_LOOK (make soak) each has it in all four.
 */
export function inTurn(pages, look) {
  const turn = looks.findIndex(([name]) => name === look);
  return pages.filter((_, at) => process.env.KLAMM_EVERY_LOOK || at % looks.length === turn);
}

/** Runs `klamm …` against the same state folder. */
export async function klamm(...args) {
  const env = { ...process.env, KLAMM_STATE: state };
  return promisify(execFile)(join(state, "bin", "klamm"), args, { env, timeout: 30_000 });
}

/** Fills in the form of the page, as a person does. */
export async function signIn(page, name, secret = password) {
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password").fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
}

const sessions = new Map();
const opened = [];

/** A page of somebody else, in a browser of their own; signed in once for all. */
export async function another(browser, name, look = {}) {
  if (!sessions.has(name)) {
    const context = await browser.newContext({ baseURL: process.env.KLAMM_URL });
    const page = await context.newPage();
    await page.goto("/login");
    await signIn(page, name);
    await page.waitForURL("**/");
    sessions.set(name, await context.storageState());
    await context.close();
  }
  const context = await browser.newContext({ baseURL: process.env.KLAMM_URL, ...look, storageState: sessions.get(name) });
  opened.push(context);
  return context.newPage();
}

/** The part of a page below that heading. */
export const panel = (page, name) => page.locator("section.panel", { has: page.getByRole("heading", { name, level: 2 }) });

/** Waits until the module has taken the page over. */
export async function taken(page) {
  await page.waitForFunction(() => document.documentElement.dataset.hydrated === "true");
}

/** No violation of WCAG 2.2 AA, and no page that scrolls sideways. */
export async function check(page) {
  // Lines of a chart's table are alike, and axe takes ten seconds for the hundreds of a page.
  await page.evaluate(() => document.querySelectorAll("figure.chart tbody tr:nth-child(n + 4)").forEach((line) => line.remove()));
  // What passes is not described, which is most of axe's work; and one frame needs no second page to bring results together.
  const { violations } = await new AxeBuilder({ page })
    .options({ resultTypes: ["violations"], ancestry: false, xpath: false })
    .setLegacyMode(true)
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n  ")}`);
  expect(found).toEqual([]);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(sideways, "the page scrolls sideways").toBeLessThanOrEqual(0);
}

/** Collects what a good page never says: errors in the console (violations of the policy among them) and exceptions. */
function listen(page, said) {
  page.on("console", (message) => {
    if (message.type() === "error") said.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => said.push(`${page.url()}: ${error}`));
}

export const test = base.extend({
  /** What the journey provokes on purpose. */
  expectedErrors: [/^never$/, { option: true }],

  /** Signed in once for all: the server slows down those who sign in again and again. */
  session: [
    async ({ browser }, use) => {
      const context = await browser.newContext({ baseURL: process.env.KLAMM_URL });
      const page = await context.newPage();
      await page.goto("/login");
      await signIn(page, "payments-lead");
      await page.waitForURL("**/");
      const session = await context.storageState();
      await context.close();
      await use(session);
    },
    { scope: "worker" },
  ],

  /** Pages of others end with the journey: each follows what happens for as long as it is open. */
  others: [
    async ({}, use) => {
      await use();
      await Promise.all(opened.splice(0).map((context) => context.close()));
    },
    { auto: true },
  ],

  /** A page of somebody who is signed in. */
  page: async ({ browser, contextOptions, session, expectedErrors }, use) => {
    const context = await browser.newContext({ ...contextOptions, storageState: session });
    const page = await context.newPage();
    const said = [];
    listen(page, said);
    await use(page);
    await context.close();
    expect(said.filter((text) => !expectedErrors.test(text))).toEqual([]);
  },

  /** A page of nobody yet. */
  stranger: async ({ browser, contextOptions, expectedErrors }, use) => {
    const context = await browser.newContext(contextOptions);
    const page = await context.newPage();
    const said = [];
    listen(page, said);
    await use(page);
    await context.close();
    expect(said.filter((text) => !expectedErrors.test(text))).toEqual([]);
  },
});
