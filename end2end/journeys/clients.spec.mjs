import { cluster, expect, taken, test } from "./klamm.mjs";

test("a cluster tells with which software clients are connected, and what would ask for more", async ({ page }) => {
  await page.goto(cluster);
  await taken(page);
  await page.getByRole("navigation", { name: "Pages of kafka/demo" }).getByRole("link", { name: "Clients" }).click();
  await expect(page).toHaveURL(new RegExp(`${cluster}/clients$`));
  // Exporters are read every 15 seconds, and tell nothing before the first time.
  const software = page.getByRole("region", { name: "Software of clients" });
  await expect(async () => {
    await page.reload();
    await expect(software.getByRole("row", { name: /^apache-kafka-java 4\.1/ })).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  await expect(software.getByRole("row", { name: /^brokers among themselves/ }).first()).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("connections");
  await expect(page.getByRole("heading", { name: "Who uses how much" })).toBeVisible();
});
