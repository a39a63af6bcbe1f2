// Shows every mail of mail/testdata in Chromium, light and dark, wide and 375 px: nothing is wider than
// the screen, nothing is loaded, and axe finds nothing. With a folder as argument it also takes the pictures
// of docs/mail.
import assert from "node:assert/strict";
import { mkdir, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const [pictures] = process.argv.slice(2);
const folder = new URL("../../mail/testdata/", import.meta.url);
const mails = (await readdir(folder)).filter((name) => name.endsWith(".html"));
assert.ok(mails.length > 20, "there are too few mails");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const requests = [];
for (const scheme of ["light", "dark"]) {
  for (const width of [1280, 375]) {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 } });
    const page = await context.newPage();
    page.on("request", (r) => requests.push(r.url()));
    for (const mail of mails) {
      await page.setContent(await readFile(new URL(mail, folder), "utf8"));
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${mail} is ${overflow} px too wide at ${width} px`);
      if ((scheme === "light") === (width === 1280)) {
        const { violations } = await new AxeBuilder({ page }).disableRules(["landmark-one-main", "region"]).analyze();
        assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes[0].html}`), [], `${mail}, ${scheme}, ${width} px`);
      }
    }
    await context.close();
  }
}
for (const [mail, scheme, width] of pictures ? [["confirmed.en", "light", 640], ["payment.de", "dark", 375]] : []) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 600 } });
  const page = await context.newPage();
  await page.setContent(await readFile(new URL(`${mail}.html`, folder), "utf8"));
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${mail}.png`), fullPage: true });
  await context.close();
}
await browser.close();
assert.deepEqual(requests, [], "a mail loads something");
console.log(`ok  ${mails.length} mails, light and dark, wide and narrow`);
