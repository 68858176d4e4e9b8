// Takes the pictures of docs/gallery.md from a running Klamm with the demo, as one of its people sees it.
//   KLAMM_URL, KLAMM_STATE, CHROMIUM as in run.sh; the argument is the folder (default docs/pictures)
import { chromium } from "@playwright/test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import config from "./playwright.config.mjs";

const folder = process.argv[2] ?? "../docs/pictures";
const wide = { width: 1440, height: 900 };
const narrow = { width: 390, height: 844 };
const demo = "/clusters/kafka/demo";
const topic = `${demo}/topics/sample-topic`;

/** Name of the picture, page, theme, size. */
const pictures = [
  ["my-work-light", "/", "light", wide],
  ["clusters-light", "/clusters", "light", wide],
  ["cluster-light", demo, "light", wide],
  ["cluster-dark", demo, "dark", wide],
  ["brokers-light", `${demo}/brokers`, "light", wide],
  ["broker-dark", `${demo}/brokers/0`, "dark", wide],
  ["placement-light", `${demo}/placement`, "light", wide],
  ["placement-loss-light", `${demo}/placement?lose=broker%3A1`, "light", wide],
  ["topics-light", `${demo}/topics?internal=true`, "light", wide],
  ["topic-dark", topic, "dark", wide],
  ["topic-config-light", `${topic}?tab=config`, "light", wide],
  ["topic-consumers-light", `${topic}?tab=consumers`, "light", wide],
  ["topic-access-light", `${topic}?tab=access`, "light", wide],
  ["topic-yaml-dark", `${topic}?tab=yaml`, "dark", wide],
  ["groups-light", `${demo}/groups`, "light", wide],
  ["group-light", `${demo}/groups/payments.consumer`, "light", wide],
  ["search-light", "/search?q=sample", "light", wide],
  ["policies-light", "/policies", "light", { width: 1440, height: 1500 }],
  ["request-new-light", "/requests/new?kind=topicCreate&cluster=kafka%2Fprod&team=payments&topic=payments.clicks&partitions=200", "light", wide],
  ["requests-light", "/requests", "light", wide],
  ["approvals-dark", "/approvals", "dark", wide],
  ["credentials-light", "/credentials", "light", wide],
  ["audit-light", "/audit", "light", wide],
  ["teams-light", "/teams", "light", wide],
  ["tokens-light", "/tokens", "light", wide],
  ["cluster-narrow-light", demo, "light", narrow],
  ["topic-narrow-dark", topic, "dark", narrow],
];

const browser = await chromium.launch(config.use.launchOptions);
const baseURL = process.env.KLAMM_URL;
const { locale, timezoneId } = config.use;
const first = await browser.newContext({ baseURL });
const page = await first.newPage();
await page.goto("/login");
await page.screenshot({ path: join(folder, "login-light.png") });
await page.getByLabel("User name").fill("payments-lead");
await page.getByLabel("Password").fill(readFileSync(join(process.env.KLAMM_STATE, "demo-password"), "utf8").trim());
await page.getByRole("button", { name: "Sign in" }).click();
await page.waitForURL("**/");
const storageState = await first.storageState();
await first.close();

// Something to decide, asked for by somebody else; the newest request is shown by itself, too.
const asked = await fetch(`${baseURL}/api/v1/requests`, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    Authorization: `Bearer ${readFileSync(join(process.env.KLAMM_STATE, "tokens/payments-dev"), "utf8").trim()}`,
  },
  body: JSON.stringify({
    kind: "topicChange", cluster: "kafka/demo", team: "payments", reason: "The reports of a whole day are made at night.",
    spec: { topicName: "sample-topic", partitions: 40, config: { "retention.ms": 86_400_000 } },
  }),
});
if (asked.status !== 201) throw new Error(`asking: ${asked.status} ${await asked.text()}`);
pictures.push(["request-light", `/requests/${(await asked.json()).id}`, "light", { width: 1440, height: 1100 }]);

for (const [name, path, colorScheme, viewport] of pictures) {
  const context = await browser.newContext({ baseURL, storageState, colorScheme, viewport, locale, timezoneId });
  const page = await context.newPage();
  const response = await page.goto(path);
  if (response.status() !== 200) throw new Error(`${path}: ${response.status()}`);
  await page.waitForFunction(() => document.documentElement.dataset.hydrated === "true");
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await context.close();
  console.log(name);
}
await browser.close();
