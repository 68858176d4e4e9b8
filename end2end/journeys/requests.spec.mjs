// Asking, deciding and getting, with two people at their browsers at once: on real parts, to the end.
import { execFile } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { another, check, expect, inTurn, looks, state, taken, test } from "./klamm.mjs";

/** What Kafka's console consumer says that is to read one record with these client properties. */
function consume(properties, topic, group) {
  const images = join(import.meta.dirname, "../../target/sandbox/images/klamm.dev/kafka");
  const libs = join(images, readdirSync(images).sort()[0], "rootfs/opt/kafka/libs/*");
  const tool = ["-cp", libs, "org.apache.kafka.tools.consumer.ConsoleConsumer", "--topic", topic, "--group", group];
  const servers = /bootstrap\.servers=(.*)/.exec(readFileSync(properties, "utf8"))[1];
  const rest = ["--bootstrap-server", servers, "--consumer.config", properties, "--max-messages", "1", "--timeout-ms", "30000"];
  return new Promise((done) => execFile("java", [...tool, ...rest], { timeout: 60_000 }, (_, out, err) => done(out + err)));
}

/** A name that no other run has. */
const fresh = (what) => `payments.${what}-${Date.now().toString(36)}`;

/** Asks for a topic in kafka/prod through the form, and answers with the address of the request. */
async function ask(page, topic, partitions = "3") {
  await page.goto("/");
  await page.getByRole("link", { name: "Ask for a topic" }).click();
  await page.getByLabel("Cluster").selectOption("kafka/prod");
  await page.getByLabel("Topic", { exact: true }).fill(topic);
  await page.getByLabel("Partitions").fill(partitions);
  await page.getByLabel("Why").fill("a journey");
  await page.getByRole("button", { name: "Ask for it" }).click();
  await page.waitForURL("**/requests/req_*");
  return new URL(page.url()).pathname;
}

test("a topic is asked for, appears in the other's inbox without a reload, is approved and applied", async ({ page: lead, browser }) => {
  await lead.goto("/approvals");
  await taken(lead);
  const page = await another(browser, "payments-dev");
  const topic = fresh("asked");
  const path = await ask(page, topic);
  await expect(page.getByText("needs approval")).toBeVisible();
  await expect(page.getByText("payments-lead").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Approve" })).toHaveCount(0);
  await expect(page.getByText("You asked for this yourself, so others decide.")).toBeVisible();

  const waiting = lead.getByRole("region", { name: "Requests that wait for you" }).getByRole("link", { name: topic });
  await expect(waiting).toBeVisible();
  await expect(lead.getByRole("link", { name: /Approvals/ }).locator(".badge")).toBeVisible();
  await waiting.click();
  await lead.waitForURL(`**${path}`);
  await expect(lead.getByText("partitions: 3")).toBeVisible();
  await lead.getByRole("button", { name: "Approve" }).click();
  await lead.waitForURL(`**${path}`);

  // The one who asked looks on and touches nothing.
  await expect(page.getByRole("cell", { name: "applied" })).toBeVisible({ timeout: 30_000 });
  await page.goto(`/clusters/kafka/prod/topics/${topic}`);
  await expect(page.getByRole("heading", { name: topic })).toBeVisible();
  await page.goto(`/audit?name=${topic}`);
  for (const action of ["create", "approve", "apply"]) await expect(page.getByRole("link", { name: action })).toBeVisible();
});

test("what the rules refuse is said while it is being typed", async ({ browser }) => {
  // Not as the only one who could approve: what they ask for nobody could agree to, and that is said first.
  const page = await another(browser, "payments-dev");
  const addresses = [];
  page.on("request", (request) => addresses.push(request.url()));
  await page.goto("/requests/new?kind=topicCreate&cluster=kafka%2Fprod");
  await taken(page);
  const topic = page.getByLabel("Topic", { exact: true });
  await topic.pressSequentially("orders.stolen");
  await expect(page.getByText("belongs to team orders")).toBeVisible();
  await expect(topic).toBeFocused();
  await topic.fill("payments.typed");
  await expect(page.getByText("It can be asked for.")).toBeVisible();
  await page.getByLabel("Partitions").pressSequentially("200");
  await expect(page.getByText("200 partitions; 100 is the most").first()).toBeVisible();
  await expect(topic).toHaveValue("payments.typed");

  await page.getByRole("button", { name: "See what it would do" }).click();
  await page.waitForURL("**/requests/new?*topic=payments.typed*");
  await expect(page.getByText("Not asked for")).toHaveCount(0);
  await page.getByRole("button", { name: "Ask for it" }).click();
  const notice = page.locator(".notice", { hasText: "Not asked for" });
  await expect(notice).toContainText("100 is the most");
  await expect(notice).toBeInViewport();
  expect(addresses.some((address) => address.includes("partitions"))).toBe(true);
  expect(addresses.filter((address) => /csrf/i.test(address))).toEqual([]);

  // What the rules take, brokers try.
  await taken(page);
  await page.getByLabel("Partitions").fill("3");
  await page.getByLabel("Configuration").fill("retention.ms=abc");
  await expect(page.getByText("Invalid value abc for configuration retention.ms").first()).toBeVisible();
});

test("a decline needs a reason, and many are decided at once", async ({ page: lead, browser }) => {
  const page = await another(browser, "payments-dev");
  const [first, second, third] = [fresh("one"), fresh("two"), fresh("no")];
  await ask(page, first);
  await ask(page, second);
  await lead.goto("/approvals");
  await taken(lead);
  for (const topic of [first, second]) await lead.getByLabel(`Take ${topic}`).check();
  const reason = lead.getByLabel("Why, when you decline");
  await reason.pressSequentially("half a");

  // The list is drawn again under the hands of whoever works with it.
  const path = await ask(page, third);
  await expect(lead.getByLabel(`Take ${third}`)).toBeVisible();
  for (const topic of [first, second]) await expect(lead.getByLabel(`Take ${topic}`)).toBeChecked();
  await expect(lead.getByLabel(`Take ${third}`)).not.toBeChecked();
  await expect(reason).toBeFocused();
  await reason.pressSequentially(" reason");
  await expect(reason).toHaveValue("half a reason");
  await lead.getByRole("button", { name: "Approve what is ticked" }).click();
  await expect(lead.getByText("2 of what you ticked.")).toBeVisible();
  const became = lead.locator("section", { hasText: "What became of what you ticked" });
  for (const topic of [first, second]) await expect(became.getByRole("link", { name: topic })).toBeVisible();

  await lead.goto(path);
  await taken(lead);
  await lead.getByRole("button", { name: "Decline" }).click();
  await expect(lead.getByText("Say why")).toBeVisible();
  await lead.getByLabel("A word, needed when you decline").fill("use the other <b>topic</b>");
  await lead.getByRole("button", { name: "Decline" }).click();
  await expect(lead.getByText("payments-lead: use the other <b>topic</b>")).toBeVisible();
  await expect(page.getByText("payments-lead: use the other <b>topic</b>")).toBeVisible();
});

test("a topic that works in dev is promoted to prod, and stands side by side", async ({ page: lead, browser }) => {
  const page = await another(browser, "payments-dev");
  const topic = fresh("promoted");
  await page.goto("/requests/new?kind=topicCreate&cluster=kafka%2Fdemo");
  await page.getByLabel("Topic", { exact: true }).fill(topic);
  await page.getByLabel("Partitions").fill("2");
  await page.getByLabel("Configuration").fill("retention.ms=3600000");
  await page.getByLabel("What it is for").fill("a journey from dev to prod");
  await page.getByRole("button", { name: "Ask for it" }).click();
  await expect(page.getByRole("cell", { name: "applied" })).toBeVisible({ timeout: 30_000 });

  await page.goto(`/topics?q=from dev to prod`);
  await page.getByRole("link", { name: topic }).click();
  await taken(page);
  await check(page);
  await page.getByRole("link", { name: "Promote to prod" }).click();
  await expect(page.getByLabel("Topic", { exact: true })).toHaveValue(topic);
  await expect(page.getByLabel("Cluster")).toHaveValue("kafka/prod");
  await page.getByRole("button", { name: "Ask for it" }).click();
  await page.waitForURL("**/requests/req_*");

  await lead.goto(new URL(page.url()).pathname);
  await lead.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByRole("cell", { name: "applied" })).toBeVisible({ timeout: 30_000 });
  await page.goto(`/topics/${topic}`);
  await expect(page.getByRole("heading", { name: `${topic} is in dev and prod` })).toBeVisible();
  const settings = page.getByRole("region", { name: "Settings side by side" });
  await expect(settings.getByRole("row", { name: /retention\.ms/ }).getByText("3600000")).toHaveCount(2);
  await expect(page.getByRole("link", { name: /Promote|in line/ })).toHaveCount(0);
});

test("a request is changed by whoever asked, and those who agreed are asked again", async ({ page: lead, browser }) => {
  const page = await another(browser, "payments-dev");
  const path = await ask(page, fresh("edited"), "3");
  await lead.goto(path);
  await taken(lead);
  await page.getByRole("link", { name: "Change what is asked for" }).click();
  await expect(page.getByLabel("Partitions")).toHaveValue("3");
  for (const label of ["Cluster", "Topic"]) await expect(page.getByLabel(label, { exact: true })).not.toBeEditable();
  await page.getByLabel("Partitions").fill("5");
  await expect(page.getByText("It can be asked for.")).toBeVisible();
  await page.getByRole("button", { name: "Ask for this instead" }).click();
  await page.waitForURL(`**${path}`);
  // Whoever was looking at it sees what it is now, and decides that.
  await expect(lead.getByText("partitions: 5")).toBeVisible();
  await lead.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByRole("cell", { name: "applied" })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("link", { name: "Change what is asked for" })).toHaveCount(0);
});

test("a credential is asked for, revealed once, and says how to use it", async ({ page }) => {
  const name = `app-${Date.now().toString(36)}`;
  await page.goto("/requests/new?kind=credentialCreate&cluster=kafka%2Fdemo");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel(/What it may do/).fill("sample-topic consume payments.journey");
  await page.getByRole("button", { name: "Ask for it" }).click();
  await expect(page.getByRole("cell", { name: "applied" })).toBeVisible({ timeout: 30_000 });
  await page.goto(`/credentials?q=${name}`);
  await page.getByRole("link", { name: `payments.${name}` }).click();
  await page.getByRole("button", { name: "Show the password, once" }).click();
  await expect(page.getByText("Shown once; Klamm does not show it again", { exact: false })).toBeVisible();
  await taken(page);
  const snippet = await page.locator("pre", { hasText: "sasl.username=" }).textContent();
  expect(snippet).toContain(`sasl.username=payments.${name}`);
  // What is shown works as it stands: Kafka's own consumer reads with it, and gets at no other topic.
  const file = join(state, `${name}.properties`);
  const java = page.locator("section", { has: page.getByRole("heading", { name: "Java: client.properties" }) });
  writeFileSync(file, await java.locator("pre").textContent(), { mode: 0o600 });
  expect(await consume(file, "sample-topic", "payments.journey")).toMatch(/Processed a total of 1 messages/);
  expect(await consume(file, "__consumer_offsets", "payments.journey")).toMatch(/TopicAuthorizationException|Not authorized/);
  await check(page);
  await page.reload();
  await expect(page.getByText("Shown to payments-lead")).toBeVisible();
  // What to write stays, without what was shown once.
  const password = /sasl\.password=(.+)/.exec(snippet)[1];
  await expect(page.locator("pre", { hasText: "sasl.password=PASSWORD_STANDS_HERE" })).toBeVisible();
  expect(await page.content()).not.toContain(password);
  await check(page);
});

for (const [look, options] of looks) {
  test.describe(look, () => {
    test.use(options);
    for (const path of inTurn([
      "/topics", "/topics?only=orphaned", "/topics/sample-topic", "/requests", "/requests/new", "/requests/new?kind=topicDelete&topic=payments.x", "/approvals", "/credentials", "/teams", "/audit",
      "/requests/new?kind=offsetsReset&cluster=kafka%2Fdemo&team=payments&group=payments.consumer&to=earliest",
    ], look)) {
      test(`${path} is open to everybody`, async ({ page }) => {
        await page.goto(path);
        await taken(page);
        await check(page);
      });
    }
  });
}
