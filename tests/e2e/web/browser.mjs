// Headless Chromium, of the system, and what every page of the dashboard must hold.
import { createRequire } from "node:module";
import { existsSync, mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";

const require = createRequire(fileURLToPath(new URL("../../../dashboards/web/package.json", import.meta.url)));
const { chromium } = require("playwright-core");

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
// Nothing but the page itself may use the network.
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch() {
  const executablePath = process.env.AUTOSERVE_CHROMIUM ?? PROGRAMS.find(existsSync);
  if (executablePath === undefined) throw new Error(`no Chromium; set AUTOSERVE_CHROMIUM (tried ${PROGRAMS.join(", ")})`);
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** A page that collects what it complains about: errors of scripts and of the content policy. */
export async function openPage(browser, { viewport = DESKTOP, colorScheme = "light", url }) {
  const context = await browser.newContext({ viewport, colorScheme, hasTouch: viewport.width < 600, baseURL: url, reducedMotion: "reduce" });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // A first visit has no session to restore: that 401 is how the dashboard learns it.
    if (message.type() === "error" && !message.text().includes("status of 401")) complaints.push(message.text());
  });
  return { page, complaints, close: () => context.close() };
}

export async function assertNoSidewaysScroll(page) {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(excess <= 0, `${page.url()} is ${excess} px wider than the screen`);
}

/** No finding of axe, contrast included. */
export async function assertAccessible(page) {
  const source = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html.slice(0, 200)}\n  ${failureSummary}`).join("\n")}`);
  assert.deepEqual(found, [], `${page.url()}\n${found.join("\n")}`);
}

/** Saves a picture where the environment asks for it. */
export async function picture(page, name, folder = process.env.AUTOSERVE_SCREENSHOTS) {
  if (folder === undefined || folder === "") return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
