import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "journeys",
  outputDir: "../target/end2end",
  // One cluster is shared by all journeys, and one of them stops a node of it. Pictures may have more workers.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  // A machine that stalls for seconds fails a journey now and then; what fails twice is broken. The summary lists what was tried twice.
  retries: 1,
  timeout: 60_000,
  expect: {
    timeout: 10_000,
    // Builds of the browser draw the edges of letters a little differently; what has moved is far more than this.
    toHaveScreenshot: { maxDiffPixelRatio: 0.01, animations: "disabled", caret: "hide" },
  },
  // Pictures are of pages that tests have drawn, and need no Klamm that runs.
  projects: [
    { name: "pictures", testMatch: "pictures.spec.mjs" },
    { name: "journeys", testIgnore: "pictures.spec.mjs" },
  ],
  snapshotPathTemplate: "{testDir}/../pictures/{arg}{ext}",
  reporter: [["list"]],
  use: {
    baseURL: process.env.KLAMM_URL,
    // A trace keeps the whole page at every step: only what has failed once is worth that.
    trace: "on-first-retry",
    screenshot: "only-on-failure",
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      // Containers and root cannot have the browser's own sandbox; and it must talk to nobody but us.
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
});
