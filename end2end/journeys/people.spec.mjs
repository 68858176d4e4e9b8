// Letting somebody in, putting them into a team, and ending their session under their eyes, in two browsers at once.
import { another, check, expect, inTurn, looks, signIn, taken, test } from "./klamm.mjs";

/** A name that no other run has. */
const fresh = (what) => `${what}-${Date.now().toString(36)}`;

/** Lets somebody in with a password that Klamm makes, and gives that password. */
async function letIn(operator, name) {
  await operator.goto("/people");
  await taken(operator);
  await operator.getByLabel("User name").fill(name);
  await operator.getByRole("button", { name: "Let them in" }).click();
  await expect(operator.getByText(`The password of ${name}:`)).toBeVisible();
  await taken(operator);
  return (await operator.locator("pre").first().textContent()).trim();
}

/** Somebody at a browser of their own, signed in by hand. */
async function arrive(browser, name, password) {
  const context = await browser.newContext({ baseURL: process.env.KLAMM_URL });
  const page = await context.newPage();
  await page.goto("/login");
  await signIn(page, name, password);
  await page.waitForURL("**/");
  return page;
}

test("a team and a person are made, the person signs in and is signed out under their eyes", async ({ browser }) => {
  const operator = await another(browser, "operator");
  const [team, name] = [fresh("team"), fresh("person")];
  await operator.goto("/teams");
  await taken(operator);
  await operator.getByLabel("Name", { exact: true }).fill(team);
  await operator.getByRole("button", { name: "Add the team" }).click();
  await operator.waitForURL(`**/teams/${team}?done=made`);
  const password = await letIn(operator, name);
  await operator.goto(`/teams/${team}`);
  await taken(operator);
  await operator.getByLabel("User name").fill(name);
  await operator.getByRole("button", { name: "Add to the team" }).click();
  await expect(operator.getByLabel(`Take ${name}`)).toBeVisible();

  const person = await arrive(browser, name, password);
  await person.goto(`/teams/${team}`);
  await taken(person);
  await expect(person.getByRole("heading", { level: 1 })).toHaveText(`One person is in team ${team}`);
  await expect(person.getByRole("button", { name: "Add to the team" })).toHaveCount(0);
  await person.goto("/sessions");
  await taken(person);
  await expect(person.getByText("this one")).toBeVisible();

  await operator.goto(`/people/${name}`);
  await taken(operator);
  await operator.getByRole("button", { name: "End all" }).click();
  await operator.waitForURL(`**/people/${name}?done=ended`);
  await expect(person.getByRole("link", { name: "Sign in again" }).first()).toBeVisible();
  await person.goto("/teams");
  await expect(person).toHaveURL(/\/login/);

  // A password that was forgotten is replaced by one that Klamm makes, on a page that goes on working.
  await operator.goto(`/people/${name}`);
  await taken(operator);
  await operator.getByRole("button", { name: "Replace the password" }).click();
  await expect(operator.locator("pre").first()).toBeVisible();
  await taken(operator);
  await expect(operator).toHaveURL(new RegExp(`/people/${name}$`));

  // Shutting out and removing want the name.
  await operator.getByLabel("Write the user name").fill(name);
  await operator.getByRole("button", { name: "Shut them out" }).click();
  await expect(operator.getByRole("heading", { level: 1 })).toHaveText(`${name} is shut out`);
  await signIn(person, name, password);
  await expect(person.getByText("User name or password is wrong.")).toBeVisible();
  await operator.goto(`/teams/${team}`);
  await taken(operator);
  await operator.getByLabel("Write the name of the team").fill(team);
  await operator.getByRole("button", { name: "Remove the team" }).click();
  await operator.waitForURL("**/teams?done=removed");
  await person.context().close();
  await operator.context().close();
});

test("a team's token asks, is shown once, and ends", async ({ page, playwright }) => {
  const label = fresh("robot");
  await page.goto("/teams/payments");
  await taken(page);
  await page.getByLabel("What the token is for").fill(label);
  await page.getByLabel("What it may").selectOption("look and ask");
  await page.getByRole("button", { name: "Make a token" }).click();
  await expect(page.getByText(`The token “${label}”:`)).toBeVisible();
  await taken(page);
  const token = (await page.locator("pre").first().textContent()).trim();
  const program = await playwright.request.newContext({ baseURL: process.env.KLAMM_URL });
  const asks = () => program.get("/api/v1/me", { headers: { Authorization: `Bearer ${token}` } });
  expect((await (await asks()).json()).name).toBe("team@payments");
  await page.reload();
  expect(await page.content()).not.toContain(token);
  await taken(page);
  await page.getByLabel(`Take ${label}`).check();
  await page.getByRole("button", { name: "End the ticked tokens" }).click();
  await page.waitForURL("**/teams/payments?done=ended");
  expect((await asks()).status()).toBe(401);
  await program.dispose();
});

test.describe("without JavaScript", () => {
  test.use({ contextOptions: { baseURL: process.env.KLAMM_URL, javaScriptEnabled: false } });

  test("a team is led by plain forms, and what does not go is said in a sentence", async ({ page }) => {
    await page.goto("/teams/payments");
    await page.getByLabel("User name").fill("nobody-of-that-name");
    await page.getByRole("button", { name: "Add to the team" }).click();
    await expect(page.getByText("There is nobody of that name.")).toBeVisible();
    await page.getByLabel("User name").fill("orders-dev");
    await page.getByRole("button", { name: "Add to the team" }).click();
    await expect(page.getByLabel("Take orders-dev")).toBeVisible();
    await page.getByLabel("Take orders-dev").check();
    await page.getByRole("button", { name: "Take out of the team" }).click();
    await expect(page.getByText("Who is in the team is as you said.")).toBeVisible();
    await expect(page.getByLabel("Take orders-dev")).toHaveCount(0);
  });
});

for (const [look, options] of looks) {
  test.describe(look, () => {
    test.use(options);

    for (const path of inTurn(["/teams/payments", "/teams/payments?problem=nobody", "/sessions"], look)) {
      test(`${path} is open to everybody`, async ({ page }) => {
        await page.goto(path);
        await taken(page);
        await check(page);
      });
    }

    test("the pages of operators are open to everybody", async ({ browser }) => {
      const page = await another(browser, "operator");
      await page.setViewportSize(options.viewport);
      await page.emulateMedia({ colorScheme: options.colorScheme });
      for (const path of inTurn(["/people", "/people/payments-dev", "/people/operator", "/teams", "/teams/payments", "/webhooks"], look)) {
        await page.goto(path);
        await taken(page);
        await check(page);
      }
      await page.context().close();
    });
  });
}
