// Repairs orders in the operators' console, with Chromium; see run. With a folder as second argument it
// also takes the pictures of docs/console.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { start, token } from "./system.mjs";

const [program, pictures] = process.argv.slice(2);
const system = await start(program, "http://localhost:1", ["--carrier-delay=0s", "--param=ReviewAbove=USD:500000", "--param=OutageSeconds=0"]);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const operator = await token(system, "olga", ["operators"]);

let done = 0;
const check = (what) => { done += 1; console.log(`ok  ${what}`); };

async function call(method, path, bearer, body, headers = {}) {
  const response = await fetch(system.api + path, { method, body: body && JSON.stringify(body),
    headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json", ...headers } });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

// example places an order of examples/orders with another customer, and returns its id.
async function example(name, customer, change = {}) {
  const { request } = JSON.parse(await readFile(new URL(`../../examples/orders/${name}.json`, import.meta.url), "utf8"));
  const bearer = await token(system, customer);
  const key = `${name}-${customer}-${Math.random()}`;
  return (await call("POST", "/orders", bearer, { ...request, ...change }, { "Idempotency-Key": key })).orderId;
}

async function until(what, ask) {
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((r) => setTimeout(r, 100))) {
    const answer = await ask();
    if (answer) return answer;
  }
  throw new Error(`${what} did not happen within a minute`);
}

const order = (id) => call("GET", `/ops/orders/${id}`, operator);
const outage = (lifted) => fetch(`${system.api}/_local/outage`, {
  method: "PUT", headers: { "Orderflow-Local": "1" }, body: JSON.stringify({ lifted }),
}).then((r) => assert.ok(r.ok, `outage: ${r.status}`));

const problems = [];

// open opens the console as the link of `orderflow console` does.
async function open({ scheme = "light", width = 1440, hash = "" } = {}) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 }, reducedMotion: "reduce",
    locale: "en-US", timezoneId: "UTC", baseURL: system.api });
  const page = await context.newPage();
  page.on("pageerror", (e) => problems.push(`${e.message}\n${e.stack}`));
  page.on("console", (m) => { if (m.type() === "error" && !/status of 4\d\d/.test(m.text())) problems.push(m.text()); });
  page.on("request", (r) => { if (!r.url().startsWith(system.api) && !r.url().startsWith("data:")) problems.push(`asked ${r.url()}`); });
  await page.goto(`/console#token=${operator}`);
  await page.getByRole("link", { name: "Failures", exact: true }).waitFor();
  assert.ok(!page.url().includes("token"), "the address still has the token");
  if (hash) await go(page, hash);
  return page;
}

const go = (page, hash) => page.evaluate((to) => { location.hash = to; }, hash);

// accessible finds no violation of axe's rules.
async function accessible(page, name) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ").slice(0, 300)}`), [], name);
}

// shown are the pictures that the documentation shows.
const shown = ["failures", "order-failed", "order-dark", "repair", "job"];

async function picture(page, name) {
  if (!pictures || !shown.includes(name)) return;
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), animations: "disabled" });
}

try {
  // A bad night: an outage of the payment provider, one order that was fulfilled, one in review, and one
  // with a hostile name.
  await outage(false);
  const hostile = `<img src=x onerror="document.title='owned'">`;
  const failing = [];
  for (let i = 0; i < 12; i += 1) failing.push(await example("10-payment-outage", ["ada", "ben", "cleo"][i % 3]));
  const good = await example("01-plain", "ada");
  const reviewed = await example("20-review-approved", "ben");
  const named = await example("10-payment-outage", "eve", { shippingAddress: { name: hostile, line1: hostile, city: "Portland", postalCode: "97205", country: "US" } });
  failing.push(named);
  for (const id of failing) await until(`the failure of ${id}`, async () => (await order(id)).attention);
  await until("the end of the plain order", async () => (await order(good)).status === "FULFILLED");
  await until("the review", async () => (await order(reviewed)).status === "IN_REVIEW");

  // From the list of failures to the failed step of one order: two actions.
  const page = await open();
  const group = page.locator("article.failure");
  await group.getByRole("link", { name: "PaymentUnavailable" }).waitFor();
  assert.equal(await group.count(), 1);
  assert.match(await group.innerText(), /13/);
  await picture(page, "failures");
  await accessible(page, "failures");
  check("failures with one cause are one group");
  await page.locator("#search").fill(failing[0]);
  await page.keyboard.press("Enter");
  const red = page.locator(".state.is-failed");
  await red.waitFor();
  assert.equal(await page.title(), `${failing[0]} · Orderflow`);
  assert.equal(await red.getAttribute("data-state"), "ChargePayment");
  assert.match(await page.locator(".state-panel").innerText(), /ChargePayment[\s\S]*PaymentUnavailable[\s\S]*the sandbox provider is unavailable/);
  await page.getByRole("tab", { name: "input" }).click();
  assert.match(await page.locator(".state-panel pre").innerText(), new RegExp(failing[0]));
  await picture(page, "order-failed");
  await accessible(page, "a failed order");
  check("a search for an id shows the failed step, its cause and its input");

  await go(page, "#/stuck?olderThan=0");
  await page.getByRole("region", { name: "Open orders" }).getByText("review", { exact: true }).waitFor();
  assert.equal(await page.locator("tr.needs").count(), 13);
  await accessible(page, "stuck orders");
  check("open orders say what they wait for, the oldest first");
  await page.goBack();

  await page.goBack();
  await group.waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /Redrive all/ }).waitFor();
  assert.equal(await page.locator("tbody tr").count(), 13);
  check("keys lead from a failure to its orders");

  // While the provider is down, the first orders fail again, and the others are left alone.
  const start = async (reason, first, name) => {
    await page.getByLabel("Reason").fill(reason);
    await page.getByLabel("Orders to try first").fill(first);
    await page.getByLabel("Orders a second after that").fill("50");
    await page.getByRole("dialog").getByRole("status").getByText(/orders?, .* USD/).waitFor();
    await picture(page, name);
    await accessible(page, `the dialog ${name}`);
    await page.getByRole("dialog").getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("region", { name: "Outcomes" }).waitFor();
  };
  await page.getByRole("button", { name: /Redrive all/ }).click();
  await page.getByText("13 orders", { exact: true }).waitFor();
  await page.getByLabel("Action").selectOption("restart");
  await page.getByText("For executions that a redrive does not help.").waitFor();
  await page.getByLabel("Action").selectOption("redrive");
  await start("is it back?", "2", "repair");
  await page.getByRole("alert").getByText("2 of the first 2 orders were not repaired").waitFor({ timeout: 90_000 });
  await page.getByRole("region", { name: "Orders failed again" }).locator("tbody tr").nth(1).waitFor();
  const untouched = (await Promise.all(failing.map(order))).filter((o) => o.execution.redriveCount === 0);
  assert.equal(untouched.length, 11, "orders after the first two were redriven");
  await accessible(page, "a paused job");
  check("a job pauses if the first orders fail again");

  // The provider is back: the job goes on.
  await outage(true);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByLabel("Reason").fill("the provider is back");
  await page.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
  await page.getByText("done", { exact: true }).first().waitFor({ timeout: 90_000 });
  await page.getByText("recovered 11").waitFor();
  await picture(page, "job");
  await accessible(page, "a job");
  check("a paused job goes on with the others");

  await go(page, "#/orders?attention=true");
  await page.getByRole("button", { name: "Act on all of these" }).click();
  await start("the provider is back", "5", "act-on-filter");
  await page.getByText("done", { exact: true }).first().waitFor({ timeout: 90_000 });
  await page.getByText("recovered 2").waitFor();
  await go(page, "#/jobs");
  await page.getByRole("region", { name: "Jobs" }).locator("tbody tr").nth(1).waitFor();
  await accessible(page, "jobs");
  check("a job acts on what a filter selects");
  for (const id of failing) await until(`the end of ${id}`, async () => (await order(id)).status === "FULFILLED");
  const { timeline } = await order(failing[0]);
  assert.ok(timeline.some((c) => c.actor === "operator:olga" && /^(is it back\?|the provider is back) \(job_/.test(c.reason)), "the timeline does not name the operator");
  check("jobs redrive every order of the failure");
  await go(page, "#/");
  await page.getByText("No order needs attention.").waitFor();
  check("the failure is gone");

  // One order: refund, review, cancel, stock.
  await go(page, `#/orders/${good}`);
  await page.getByRole("button", { name: "Refund" }).click();
  await page.getByLabel(/Amount in/).fill("1.005");
  await page.getByLabel("Reason").fill("a scratch");
  await page.getByRole("dialog").getByRole("button", { name: "Refund" }).click();
  await page.getByText("1.005 is not an amount in USD").waitFor();
  await page.getByLabel(/Amount in/).fill("1.50");
  await page.getByRole("dialog").getByRole("button", { name: "Refund" }).click();
  await page.getByRole("region", { name: "Refunds" }).getByText("succeeded").waitFor({ timeout: 30_000 });
  assert.equal((await order(good)).refunds[0].amount.amount, 150);
  await accessible(page, "a refunded order");
  check("an amount is refunded once, and a wrong one is not sent");

  await go(page, "#/reviews");
  await accessible(page, "reviews");
  await page.getByRole("link", { name: reviewed }).click();
  await page.getByRole("button", { name: "Correct" }).click();
  await page.getByLabel("Street").fill("2 Other Street");
  await page.getByLabel("Reason").fill("a slip");
  await accessible(page, "the dialog of a correction");
  await page.getByRole("dialog").getByRole("button", { name: "Correct" }).click();
  await page.getByText("2 Other Street").waitFor();
  check("the address of an order is corrected");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  await page.getByText("fulfilled", { exact: true }).first().waitFor({ timeout: 30_000 });
  assert.equal((await order(reviewed)).review.by, "operator:olga");
  check("an order in review is approved");

  await go(page, "#/products");
  await page.getByRole("link", { name: "Wall clock, oak" }).click();
  await page.getByRole("button", { name: "Change stock" }).click();
  await page.getByLabel(/Pieces added/).fill("-1000000");
  await page.getByLabel("Reason").fill("a count");
  await page.getByRole("dialog").getByRole("button", { name: "Change" }).click();
  await page.getByRole("dialog").getByRole("alert").waitFor(); // never less than nothing
  await page.getByLabel(/Pieces added/).fill("24");
  await page.getByRole("dialog").getByRole("button", { name: "Change" }).click();
  await page.getByRole("region", { name: "Movements" }).getByText("operator:olga").waitFor();
  await accessible(page, "a product");
  check("stock is added, and a movement tells who and why");

  await page.locator("#search").fill("Eve@Example.com");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /e-mail/ }).waitFor();
  check("a search for an e-mail address lists its orders");

  await go(page, "#/stuck?olderThan=0");
  await page.getByText("No open order is that old.").waitFor();
  await accessible(page, "stuck");
  check("nothing is stuck");
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await page.getByRole("region", { name: "Dead letters" }).getByText("orderflow-start-dead-letters").waitFor();
  assert.equal(await page.getByRole("alert").count(), 0);
  await accessible(page, "queues");
  check("the queues, and no dead letter");

  const sent = await fetch(system.aws, { method: "POST", headers: { "X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0" },
    body: JSON.stringify({ QueueUrl: "http://sqs.us-east-1.localhost/000000000000/orderflow-watch-dead-letters", MessageBody: '{"by":"hand"}' }) });
  const { MessageId: letter } = await sent.json();
  await page.getByRole("alert").getByRole("link", { name: "See why" }).click();
  const letters = page.getByRole("region", { name: "Messages" });
  await letters.getByText(letter).click();
  await letters.getByText('"by": "hand"').waitFor();
  assert.equal(await page.getByRole("button", { name: "Redrive all" }).count(), 0);
  await accessible(page, "dead letters");
  await letters.getByRole("button", { name: "Delete" }).click();
  await page.getByLabel("Reason").fill("sent by mistake");
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("None that is visible").waitFor();
  check("a dead letter is read and deleted");

  await go(page, "#/audit");
  await page.getByRole("region", { name: "Acts" }).getByText("change stock").first().waitFor();
  await page.getByRole("region", { name: "Acts" }).getByText("start job").nth(1).waitFor();
  await accessible(page, "audit");
  check("the audit tells who did what, and why");

  await go(page, `#/orders?customerId=eve`);
  await page.getByRole("link", { name: named }).click();
  await page.getByText(hostile).first().waitFor();
  assert.notEqual(await page.title(), "owned");
  check("a hostile name is only text");

  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await page.getByRole("heading", { name: "Orders" }).waitFor();
  assert.ok(page.url().endsWith("#/orders"));
  await page.getByLabel("Status").selectOption("FULFILLED");
  assert.equal(await until("the filter", () => page.locator("tbody tr").count()), 15);
  await accessible(page, "orders");
  await page.goBack();
  assert.equal(await page.getByLabel("Status").inputValue(), "");
  check("keys, and filters that are in the address");

  // The mails of an order: one came back; its operator sends it again. On this machine each can be read.
  const bounced = await example("01-plain", "dora", { email: "bounce@simulator.amazonses.com" });
  await until("the bounce", async () => (await call("GET", `/ops/orders/${bounced}/mails`, operator)).mails.some((m) => m.status === "BOUNCED"));
  await go(page, `#/orders/${bounced}`);
  const mails = page.getByRole("region", { name: "Mails" });
  await mails.getByText("the address does not exist").first().waitFor();
  const [popup] = await Promise.all([page.waitForEvent("popup"), mails.getByRole("link", { name: "confirmed" }).click()]);
  await popup.getByRole("heading", { name: "Thank you for your order" }).waitFor();
  await popup.close();
  await accessible(page, "the mails of an order");
  await mails.getByRole("button", { name: "Send again" }).first().click();
  await page.getByLabel("Reason").fill("it exists");
  await page.getByRole("dialog").getByRole("button", { name: "Send", exact: true }).click();
  await mails.getByText(/2 attempts/).first().waitFor();
  check("an operator reads a mail that came back, and sends it again");

  // Other eyes: dark, and a phone.
  for (const [name, look] of [["dark", { scheme: "dark" }], ["phone", { width: 375 }]]) {
    const other = await open({ ...look, hash: `#/orders/${failing[0]}` });
    await other.locator(".graph-box svg").waitFor();
    await accessible(other, name);
    assert.ok(await other.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}: the page is wider than the window`);
    await picture(other, `order-${name}`);
    await other.context().close();
    check(`the page of an order: ${name}`);
  }

  // Without a token, and with one of a customer.
  const stranger = await (await browser.newContext({ baseURL: system.api })).newPage();
  await stranger.goto("/console");
  await stranger.getByLabel("Access token").fill(await token(system, "ada"));
  await stranger.getByRole("button", { name: "Sign in" }).click();
  await stranger.getByText("the caller is not in the group operators").waitFor();
  await stranger.getByRole("button", { name: "Sign out" }).click();
  await stranger.getByLabel("Access token").fill("not a token");
  await stranger.getByRole("button", { name: "Sign in" }).click();
  await stranger.getByLabel("Access token").waitFor();
  await accessible(stranger, "the sign-in");
  check("a customer's token shows nothing, and none signs out");

  assert.deepEqual(problems, []);
  check("no error in the browser, and no request to another server");
  console.log(`${done} checks passed.`);
} catch (error) {
  console.error(system.log());
  console.error(problems.join("\n"));
  throw error;
} finally {
  await browser.close();
  await system.stop();
}
