// Opens pages of several origins in Chromium; each tries the requests that a web page can send. See run.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { chromium } from "playwright-core";
import { attacks, blocked, rebound } from "./attacks.mjs";
import { pay, start, state, token } from "./system.mjs";

// site serves an empty page, and returns its port.
function site() {
  const html = "<!doctype html><title>page</title><body>";
  const server = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(html));
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve([server.address().port, () => server.close()])));
}

const [shopPort, closeShop] = await site();
const [evilPort, closeEvil] = await site();
const shop = `http://localhost:${shopPort}`;
const system = await start(process.argv[2], shop, ["--carrier=external"]); // paid orders can still be cancelled
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: [
    "--no-sandbox", // it may run as root, and opens only pages of this test
    "--host-resolver-rules=MAP evil.example 127.0.0.1, MAP rebound.example 127.0.0.1",
    // The system must refuse without the browser's help.
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,IsolateSandboxedIframes",
  ],
});

// note records the status of every answer to a page. Chromium hides some answers from the page and
// from its own events, XML for an image for example: those are visible only on the wire.
async function note(page) {
  const answers = new Map(), requests = new Map();
  page.on("response", (r) => answers.set(r.url(), r.status()));
  const seen = (id, what) => { // the two events of a request come in either order
    const request = { ...requests.get(id), ...what };
    requests.set(id, request);
    if (request.url && request.status) answers.set(request.url, request.status);
  };
  const wire = await page.context().newCDPSession(page);
  wire.on("Network.requestWillBeSent", (e) => seen(e.requestId, { url: e.request.url }));
  wire.on("Network.responseReceivedExtraInfo", (e) => seen(e.requestId, { status: e.statusCode }));
  await wire.send("Network.enable");
  return answers;
}

// answered waits for the answer to a request.
async function answered(answers, url) {
  for (const end = Date.now() + 90_000; !answers.has(url) && Date.now() < end;) await new Promise((r) => setTimeout(r, 50));
  return answers.get(url);
}

// open opens a page and records the answers to it.
async function open(url, body = "") {
  const page = await (await browser.newContext({ bypassCSP: true })).newPage();
  const answers = await note(page);
  if (body) await page.route(url, (route) => route.fulfill({ contentType: "text/html", body }), { times: 1 });
  await page.goto(url);
  return { page, answers };
}

let tried = 0;
const done = (what) => { tried += 1; console.log(`ok  ${what}`); };

try {
  const ada = await token(system, "ada");
  const order = await pay(system, ada);
  const before = await state(system);
  const target = { ...system, order };

  // Pages of a foreign site, and of another port of this machine: each request reaches the system and
  // is refused.
  for (const origin of [`http://evil.example:${evilPort}`, `http://127.0.0.1:${evilPort}`, `http://localhost:${evilPort}`]) {
    for (const [name, attack, url, data] of attacks(target)) {
      const { page, answers } = await open(origin);
      await page.evaluate(attack, [url, data]);
      assert.equal(await answered(answers, url), 403, `${origin}: ${name}`);
      await page.context().close();
      done(`${origin} cannot ${name}`);
    }
    const { page } = await open(origin);
    for (const [name, url, options] of blocked(target)) {
      const result = await page.evaluate(([u, o]) => fetch(u, o).then((r) => r.status, () => "refused"), [url, options]);
      assert.equal(result, "refused", `${origin}: ${name}`);
      done(`${origin} cannot ${name}`);
    }
  }

  // A name that leads to another server first, and to this one after the page is loaded: the page has
  // the system's origin and can set any header.
  for (const [name, base, path, options] of rebound(target)) {
    const home = base.replace("127.0.0.1", "rebound.example");
    const { page } = await open(`${home}/page`, "<!doctype html><title>page</title>");
    const answer = await page.evaluate(
      ([u, o]) => fetch(u, o).then(async (r) => [r.status, await r.text()]), [home + path, options]);
    assert.equal(answer[0], 403, `${home}: ${name}: ${answer[1]}`);
    await page.context().close();
    done(`a rebound name cannot ${name}`);
  }
  assert.equal(await state(system), before, "a page changed something");
  done("nothing changed");

  // Requests that must work.
  const { page } = await open(`http://evil.example:${evilPort}`);
  await page.evaluate((url) => { document.body.innerHTML = `<a href="${url}">docs</a>`; }, `${system.api}/docs`);
  await page.click("a");
  await page.waitForURL(`${system.api}/docs`);
  assert.match(await page.title(), /Orderflow/);
  assert.ok(await page.evaluate(() => document.styleSheets.length > 0), "the docs have no style");
  done("a link leads to the docs");

  const read = ([api]) => fetch(`${api}/products/kettle-gooseneck-1l`).then((r) => r.json()).then((p) => p.sku);
  const place = ([api, bearer, body, key]) => fetch(`${api}/orders`, {
    method: "POST", body: JSON.stringify(body),
    headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json", "Idempotency-Key": key },
  }).then((r) => r.status);
  for (const [who, at] of [["a page of the API's origin", `${system.api}/docs`], ["the storefront that CORS allows", shop]]) {
    const { page } = await open(at);
    assert.equal(await page.evaluate(read, [system.api]), "kettle-gooseneck-1l", who);
    assert.equal(await page.evaluate(place, [system.api, ada, system.request, `page-${tried}`]), 202, who);
    done(`${who} reads the catalogue and places an order`);
  }
  console.log(`${tried} checks passed.`);
} catch (error) {
  console.error(system.log());
  throw error;
} finally {
  await browser.close();
  await system.stop();
  closeShop();
  closeEvil();
}
