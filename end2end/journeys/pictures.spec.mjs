// How pages look, compared with the pictures in end2end/pictures. The pages are those that the tests of klamm-app draw from
// sample values (KLAMM_PAGES), so that nothing in them moves: no clock, no cluster. `end2end/run.sh pictures --update-snapshots`
// takes new pictures; look at each before committing it.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";

const target = fileURLToPath(new URL("../../target/", import.meta.url));
const drawn = process.env.KLAMM_PAGES ?? join(target, "pages");
const site = process.env.KLAMM_SITE ?? join(target, "site");
const stylesheet = readdirSync(join(site, "pkg"))
  .filter((name) => name.endsWith(".css"))
  .map((name) => join(site, "pkg", name))
  .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
const types = { ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml" };

const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };
const names = existsSync(drawn)
  ? readdirSync(drawn).filter((name) => name.endsWith(".html")).map((name) => name.slice(0, -".html".length)).sort()
  : [];

test("the tests of the pages have drawn what is compared here", () => {
  expect(names.length, `no pages in ${drawn}: run cargo test -p klamm-app with KLAMM_PAGES_DIR`).toBeGreaterThan(10);
});

/** Answers with a drawn page in that theme, and with the files of the site. */
async function serve(page, theme) {
  await page.route("**/*", (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path.startsWith("/drawn/")) {
      const html = readFileSync(join(drawn, `${path.slice("/drawn/".length)}.html`), "utf8");
      return route.fulfill({ contentType: "text/html", body: html.replace('data-theme="dark"', `data-theme="${theme}"`) });
    }
    // The tests draw pages without knowing what the build called its files.
    const file = path === "/pkg/klamm.css" ? stylesheet : join(site, path);
    if (!existsSync(file) || !(extname(file) in types)) return route.fulfill({ status: 404, body: "" });
    return route.fulfill({ contentType: types[extname(file)], body: readFileSync(file) });
  });
}

// The narrow ones in the dark and the wide ones in the light: each page once in each theme, and once at each size.
for (const [size, theme] of [["wide", "light"], ["narrow", "dark"]]) {
  test.describe(`${size}, ${theme}`, () => {
    test.use({ viewport: sizes[size], javaScriptEnabled: false, colorScheme: theme, baseURL: "http://drawn.invalid" });
    for (const name of names) {
      test(`${name} looks as it did`, async ({ page }) => {
        await serve(page, theme);
        await page.goto(`/drawn/${name}`);
        expect(await page.evaluate(() => document.styleSheets.length)).toBe(1);
        await expect(page).toHaveScreenshot(`${name}-${size}.png`);
      });
    }
  });
}
