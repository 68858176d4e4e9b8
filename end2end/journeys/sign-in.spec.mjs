import { cluster, expect, password, signIn, taken, test, topic } from "./klamm.mjs";

test("whoever is not signed in is asked to, and comes back to the page they wanted", async ({ stranger }) => {
  await stranger.goto(topic);
  await expect(stranger).toHaveURL(/\/login\?next=/);
  await signIn(stranger, "payments-dev");
  await expect(stranger).toHaveURL(new RegExp(`${topic}$`));
  await expect(stranger.getByRole("button", { name: "payments-dev" })).toBeVisible();
});

test("a wrong password is told, and tells nothing else", async ({ stranger }) => {
  await stranger.goto("/login");
  await signIn(stranger, "payments-lead", `not-${password}`);
  await expect(stranger.getByText("User name or password is wrong.")).toBeVisible();
  await signIn(stranger, "nobody-of-that-name", password);
  await expect(stranger.getByText("User name or password is wrong.")).toBeVisible();
});

test("a link to the sign-in page cannot lead elsewhere", async ({ stranger }) => {
  await stranger.goto("/login?next=//evil.example/");
  await signIn(stranger, "orders-dev");
  await expect(stranger.getByRole("heading", { level: 1 })).toBeVisible();
  expect(new URL(stranger.url()).origin).toBe(new URL(process.env.KLAMM_URL).origin);
});

test.describe("signing out", () => {
  // The stream and what the page asks meanwhile are refused, as they should be.
  test.use({ expectedErrors: /status of 401/ });

  test("ends the session, and a page left open says so", async ({ stranger }) => {
    await stranger.goto("/login");
    await signIn(stranger, "orders-lead");
    await expect(stranger.getByRole("button", { name: "orders-lead" })).toBeVisible();
    const left = await stranger.context().newPage();
    await left.goto(cluster);
    await taken(left);
    await expect(left.getByText("Live", { exact: true })).toBeVisible();

    await stranger.getByRole("button", { name: "orders-lead" }).click();
    await stranger.getByRole("button", { name: "Sign out" }).click();
    await expect(stranger).toHaveURL(/\/login/);
    await expect(stranger.getByText("You have signed out")).toBeVisible();

    await left.bringToFront();
    await expect(left.getByText("Your session has ended")).toBeVisible({ timeout: 15_000 });
    await left.getByRole("link", { name: "Sign in again" }).first().click();
    await expect(left).toHaveURL(/\/login\?next=/);
  });
});
