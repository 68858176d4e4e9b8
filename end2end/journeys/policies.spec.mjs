import { expect, signIn, taken, test } from "./klamm.mjs";

test("whoever is signed in reads the rules and tries a wish, of which nothing comes", async ({ stranger: page }) => {
  await page.goto("/policies");
  await signIn(page, "payments-dev");
  await expect(page).toHaveURL(/\/policies$/);
  await taken(page);
  const kinds = page.getByRole("region", { name: "What may be asked for in dev" });
  await expect(kinds.locator("tr", { hasText: "Create a topic" })).toContainText("1 approval of the owner's team");
  await expect(page.getByText("partitions: up to 24")).toBeVisible();
  const topic = page.getByLabel("Topic", { exact: true });
  const verdict = page.locator(".verdict");
  const tried = async (name, partitions) => {
    await topic.fill(name);
    await page.getByLabel("Partitions").fill(partitions);
    await page.getByRole("button", { name: "Try", exact: true }).click();
  };
  await expect(page.getByLabel("Team")).toHaveValue("payments");
  await tried("payments.tried", "6");
  await expect(verdict).toContainText("It would be applied without asking anybody.");
  await expect(page).toHaveURL(/topic=payments\.tried/);
  await tried("payments.tried", "60");
  await expect(verdict).toContainText("It would take 1 approval of the owner's team, within 14 days.");
  await expect(verdict).toContainText("60 partitions; 24 is the most");
  await tried("payments.<b>tried</b>", "6");
  await expect(verdict).toContainText("not a valid topic name");
  await expect(topic).toHaveValue("payments.<b>tried</b>");
});
