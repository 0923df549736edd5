// What a user does first: sign in, look at the platform, submit work with an upload, follow it to its result.
import assert from "node:assert/strict";
import { picture } from "./browser.mjs";

const FIGURES_MS = 90_000; // a platform that has just come up has to be scraped first
const TASK_MS = 180_000;

export async function signIn(page, { email, password }) {
  await page.goto("/");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor({ timeout: FIGURES_MS });
}

/** The overview shows figures, a chart for each workload and for the traffic, and the decisions. */
export async function seeOverview(page, { name = "overview" } = {}) {
  const figures = page.getByRole("region", { name: "Figures" });
  await figures.getByText("Requests", { exact: true }).waitFor();
  await page.waitForFunction(() => /\d/.test(document.querySelector("section[aria-label=Figures]")?.textContent ?? ""), null, { timeout: FIGURES_MS });
  await page.getByRole("heading", { name: "Latest decisions" }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll("figure canvas").length >= 6, null, { timeout: FIGURES_MS });
  const drawn = await page.locator("figure canvas").evaluateAll((all) => all.filter((canvas) => canvas.width > 0 && canvas.height > 0).length);
  assert.ok(drawn >= 6, `only ${drawn} charts are drawn`);
  await page.getByText(/forecast/i).first().waitFor();
  await picture(page, name);
}

/** The page of a target: both charts drawn, and the sentence that the API gave for the newest decision. */
export async function seeTarget(page, target, { name = "scaling" } = {}) {
  await openPlace(page, "Scaling");
  await page.getByRole("link", { name: target }).waitFor({ timeout: FIGURES_MS });
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().includes("/explanation") && response.ok(), { timeout: FIGURES_MS }),
    page.getByRole("link", { name: target }).click(),
  ]);
  await page.getByRole("heading", { name: `Scaling of ${target}`, level: 1 }).waitFor();
  const { sentence } = await answer.json();
  await page.waitForFunction(() => document.querySelectorAll("figure canvas").length >= 2, null, { timeout: FIGURES_MS });
  const why = page.getByRole("region", { name: "Why" });
  await why.getByRole("term").first().waitFor();
  await picture(page, name);
  return { sentence, shown: await why.innerText() };
}

/** Submits `dataset.profile` with a new CSV; resolves with what was seen of its progress. */
export async function profileNewDataset(page, { file, name = "task" }) {
  await openPlace(page, "Tasks");
  await page.getByRole("button", { name: "New task" }).first().click();
  const dialog = page.getByRole("dialog", { name: "New task" });
  await dialog.getByRole("combobox", { name: "Type" }).click();
  await page.getByRole("option", { name: /profile/i }).click();
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), dialog.getByRole("button", { name: "Upload CSV" }).click()]);
  await chooser.setFiles(file);
  await dialog.getByRole("combobox", { name: "Dataset" }).filter({ hasText: file.name ?? /\S/ }).waitFor({ timeout: TASK_MS });
  await dialog.getByRole("button", { name: "Submit" }).click();
  await page.waitForURL(/\/tasks\/[\w-]+$/);
  const seen = await followToEnd(page);
  await page.getByRole("main").getByRole("button", { expanded: false }).first().waitFor();
  await picture(page, name);
  return seen;
}

export async function openPlace(page, label) {
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: label }).filter({ visible: true }).click();
  await page.getByRole("heading", { name: label, level: 1 }).waitFor();
}

async function followToEnd(page) {
  const progress = page.getByRole("progressbar", { name: "Progress" });
  const seen = [];
  const note = (value) => seen.at(-1) === value || seen.push(value);
  const end = Date.now() + TASK_MS;
  while (Date.now() < end) {
    note(await valueOf(progress));
    if (await page.getByText("succeeded", { exact: true }).isVisible()) {
      note(await valueOf(progress)); // both may come after the figure was read
      return seen;
    }
    const failed = page.getByText("The task failed");
    if (await failed.isVisible()) throw new Error(`the task failed: ${await failed.locator("..").innerText()}`);
    await page.waitForTimeout(100);
  }
  throw new Error(`the task did not end; progress seen: ${seen.join(", ")}`);
}

async function valueOf(progress) {
  return Number(await progress.first().getAttribute("aria-valuenow"));
}
