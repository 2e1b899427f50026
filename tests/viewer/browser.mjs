// SPDX-License-Identifier: Apache-2.0
// Chromium for browser.py: one JSON line in, one out. {"do": name, "with": [arguments]} → {"result"} or {"error"}.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const { chromium } = createRequire(new URL("../../viewer/", import.meta.url))("playwright-core");
const [executablePath, width, height, ...flags] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist", ...flags],
});
const context = await browser.newContext({ viewport: { width: Number(width), height: Number(height) } });
const page = await context.newPage();
page.setDefaultTimeout(20_000);
const said = [];
page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
page.on("pageerror", (error) => said.push(`thrown: ${error.stack ?? error}`));

const commands = {
  open: (url) => page.goto(url),
  evaluate: (expression) => page.evaluate(expression),
  wait: (expression, timeout) => page.waitForFunction(expression, undefined, { timeout, polling: 100 }).then(() => true),
  click: (selector) => page.click(selector),
  click_at: (x, y) => page.mouse.click(x, y),
  drag: async (...path) => {
    await commands.hold(...path);
    await commands.release();
  },
  hold: async (x, y, toX, toY) => {
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let step = 1; step <= 8; step++) await page.mouse.move(x + ((toX - x) * step) / 8, y + ((toY - y) * step) / 8);
  },
  release: () => page.mouse.up(),
  fill: (selector, text) => page.fill(selector, text),
  press: (key) => page.keyboard.press(key),
  text: (selector) => page.textContent(selector),
  box: (selector) => page.locator(selector).first().boundingBox(),
  screenshot: (path) => page.screenshot({ path }).then(() => true),
  said: () => said,
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = { result: (await commands[command.do](...command.with)) ?? null };
    if (command.do === "open") answer.result = null;
  } catch (error) {
    answer = { error: String(error.stack ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser.close();
