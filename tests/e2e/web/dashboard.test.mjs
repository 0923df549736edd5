// The dashboard in headless Chromium: `node --test tests/e2e/web/`, after the dashboard was built.
//
// Against a mock by default. Against a real platform, the first flow only:
//   AUTOSERVE_WEB_URL, AUTOSERVE_WEB_EMAIL, AUTOSERVE_WEB_PASSWORD   where it answers and who signs in (operator or admin)
//   AUTOSERVE_WEB_CSV        a CSV to upload; a small generated one without it
//   AUTOSERVE_SCREENSHOTS    a folder for pictures of what was seen
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, assertNoSidewaysScroll, DESKTOP, launch, openPage, PHONE, picture } from "./browser.mjs";
import { openPlace, profileNewDataset, seeOverview, seeTarget, signIn } from "./flow.mjs";
import { CREDENTIALS, startMockPlatform } from "./mock-platform.mjs";

const real = process.env.AUTOSERVE_WEB_URL;
const credentials = real === undefined ? CREDENTIALS : { email: process.env.AUTOSERVE_WEB_EMAIL, password: process.env.AUTOSERVE_WEB_PASSWORD };
const needsMock = { skip: real === undefined ? false : "only against the mock" };

let browser;
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser.close();
});

for (const [name, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
  test(`a user signs in, sees the platform live and follows a task to its end, on a ${name}`, async () => {
    await against({}, { viewport }, async ({ page, complaints }) => {
      await signIn(page, credentials);
      await seeOverview(page, { name: `overview-${name}` });
      await assertNoSidewaysScroll(page);
      const seen = await profileNewDataset(page, { file: process.env.AUTOSERVE_WEB_CSV ?? smallCsv(), name: `task-${name}` });
      await assertNoSidewaysScroll(page);
      assert.equal(seen.at(-1), 100);
      if (real === undefined) assert.ok(seen.length > 3, `progress was not live: ${seen.join(", ")}`);
      assert.deepEqual(complaints, []);
    });
  });
}

test("the page of a target says why there are so many replicas, in the API's own words", async () => {
  await against({}, {}, async ({ page, complaints }) => {
    await signIn(page, credentials);
    const { sentence, shown } = await seeTarget(page, "Worker", { name: "scaling-desktop" });
    assert.ok(sentence.length > 20);
    assert.ok(shown.includes(sentence), `${shown}\ndoes not say\n${sentence}`);
    for (const name of ["Load and replicas", "Latest decisions", "What if", "Mode", "Models", "Anomalies", "What the floor costs", "Resources"]) {
      await page.getByRole("region", { name, exact: true }).waitFor();
    }
    await assertNoSidewaysScroll(page);
    const whatIf = page.getByRole("region", { name: "What if" });
    await whatIf.getByLabel(/^Load/).fill("9");
    await whatIf.getByRole("button", { name: "Ask" }).click();
    await whatIf.getByText(/the load of 9 slots needs \d/).waitFor();
    assert.deepEqual(complaints, []);
  });
});

test("an operator freezes a target by keyboard, and what is refused stands at its field", needsMock, async () => {
  await against({ role: "operator" }, {}, async ({ page, platform }) => {
    await signIn(page, credentials);
    await seeTarget(page, "Worker");
    await page.getByRole("button", { name: "Freeze" }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Freeze Worker" });
    await dialog.getByLabel("For").fill("8d");
    await page.keyboard.press("Enter");
    await dialog.getByText("Allowed: at most 7d (found: 8d)").waitFor();
    await dialog.getByLabel("For").fill("45m");
    await dialog.getByLabel("Reason").fill("a sale");
    await page.keyboard.press("Enter");
    await page.getByText(/Frozen until .* by ada@example.com: a sale/).waitFor();
    await page.getByText("frozen, ends in 45 min.").waitFor();
    assert.equal(platform.state.controls.worker.freeze.reason, "a sale");
    await page.getByRole("button", { name: "Unfreeze" }).click();
    await page.getByRole("button", { name: "Freeze", exact: true }).waitFor();
    await page.getByRole("button", { name: "Roll back to 20261124T214511Z-1" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await page.getByText("model of worker: its file is damaged").waitFor();
  });
});

test("what the autoscaler lacks, and a target without a decision, are said", needsMock, async () => {
  const checks = [{ what: "prometheus", why: "prometheus does not answer since 18:02:11 UTC" }];
  await against({ checks, empty: true }, {}, async ({ page }) => {
    await signIn(page, credentials);
    await page.goto("/scaling/worker");
    await page.getByText("prometheus does not answer since 18:02:11 UTC").waitFor();
    await page.getByText("No forecast: 12 of 60 minutes of history are there").first().waitFor();
    assert.equal(await page.getByText("No decision yet").count(), 2);
    await page.getByText("No model yet").waitFor();
    await page.goto("/scaling/nobody");
    await page.getByText("Nobody is not scaled").waitFor();
  });
});

test("a reload keeps the session, and signing out ends it", needsMock, async () => {
  await against({}, {}, async ({ page }) => {
    await signIn(page, credentials);
    await page.reload();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    assert.equal(await page.evaluate(() => Object.values({ ...localStorage, ...sessionStorage }).some((value) => value.includes("access"))), false);
    await page.getByRole("button", { name: "Account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await page.goto("/tasks");
    await page.getByRole("button", { name: "Sign in" }).waitFor();
  });
});

test("a token that is over is renewed without a word", needsMock, async () => {
  await against({}, {}, async ({ page, platform }) => {
    await signIn(page, credentials);
    platform.state.tokens.clear();
    await openPlace(page, "Datasets");
    await page.getByText("bike_sharing_hourly.csv").waitFor();
  });
});

test("progress goes on when the live connection is cut", needsMock, async () => {
  await against({ stepRatio: 0.01 }, {}, async ({ page, platform }) => {
    await signIn(page, credentials);
    await openPlace(page, "Tasks");
    const running = page.getByRole("listitem").filter({ hasText: "running" }).getByRole("progressbar");
    await running.waitFor();
    platform.dropSockets();
    await page.getByText("Reconnecting").waitFor();
    const then = Number(await running.getAttribute("aria-valuenow"));
    await page.getByText("Reconnecting").waitFor({ state: "hidden" });
    await page.waitForFunction((before) => Number(document.querySelector("main [role=progressbar]")?.getAttribute("aria-valuenow")) > before, then);
  });
});

test("a platform that goes away is shown as stale, not as empty", needsMock, async () => {
  await against({}, {}, async ({ page, platform }) => {
    await signIn(page, credentials);
    await seeOverview(page);
    await platform.close();
    await page.getByText(/^Stale: last answer/).first().waitFor({ timeout: 20_000 });
    assert.match(await page.getByRole("region", { name: "Figures" }).innerText(), /\d/);
  });
});

test("what is degraded, and why there is no forecast, is said", needsMock, async () => {
  const degraded = [{ what: "Prometheus", why: "it does not answer; the figures are missing" }];
  await against({ degraded, empty: true }, {}, async ({ page }) => {
    await signIn(page, credentials);
    await page.getByText("it does not answer; the figures are missing").waitFor();
    await page.getByText("No forecast: 12 of 60 minutes of history are there").waitFor();
    await page.getByText("No decision yet").waitFor();
    await picture(page, "degraded");
    await openPlace(page, "Tasks");
    await page.getByText("No task yet").waitFor();
  });
});

test("a viewer sees everything and can submit nothing", needsMock, async () => {
  await against({ role: "viewer", stepRatio: 0.001 }, {}, async ({ page }) => {
    await signIn(page, credentials);
    await openPlace(page, "Tasks");
    await page.getByText("running", { exact: true }).first().waitFor();
    assert.equal(await page.getByRole("button", { name: "New task" }).count(), 0);
    await openPlace(page, "Datasets");
    await page.getByText("bike_sharing_hourly.csv").waitFor();
    assert.equal(await page.getByRole("button", { name: /upload|delete/i }).count(), 0);
    await seeTarget(page, "Worker");
    await page.getByText("Operators may change it.").waitFor();
    assert.equal(await page.getByRole("button", { name: /change mode|freeze|roll back/i }).count(), 0);
  });
});

test("a refused value is shown at its field", needsMock, async () => {
  await against({}, {}, async ({ page }) => {
    await signIn(page, credentials);
    await openPlace(page, "Tasks");
    await page.getByRole("button", { name: "New task" }).click();
    const dialog = page.getByRole("dialog", { name: "New task" });
    await dialog.getByRole("combobox", { name: "Type" }).click();
    await page.getByRole("option", { name: "Train a model" }).click();
    await dialog.getByRole("combobox", { name: "Dataset" }).click();
    await page.getByRole("option", { name: /bike_sharing/ }).click();
    await dialog.getByLabel("Target").fill("nonsense");
    await dialog.getByRole("button", { name: "Submit" }).click();
    await dialog.getByText("Allowed: a column of the dataset (found: nonsense)").waitFor();
  });
});

for (const [name, viewport, colorScheme] of [["desktop", DESKTOP, "light"], ["phone", PHONE, "dark"]]) {
  test(`the main pages are accessible in ${colorScheme} on a ${name}`, needsMock, async () => {
    await against({ degraded: [{ what: "Redis", why: "away" }] }, { viewport, colorScheme }, async ({ page, platform }) => {
      await page.goto("/");
      await page.getByRole("button", { name: "Sign in" }).waitFor();
      await assertAccessible(page);
      await signIn(page, credentials);
      await seeOverview(page);
      await assertAccessible(page);
      const { tasks } = platform.state;
      const profiled = tasks.find(({ type, result }) => type === "dataset.profile" && result !== null);
      const trained = tasks.find(({ type, result }) => type === "model.train" && result !== null);
      const failed = tasks.find(({ state }) => state === "failed");
      for (const path of ["/tasks", `/tasks/${profiled.id}`, `/tasks/${trained.id}`, `/tasks/${failed.id}`, "/datasets", "/users", "/scaling", "/scaling/api", "/scaling/worker"]) {
        await page.goto(path);
        await page.getByRole("heading", { level: 2 }).first().waitFor();
        await assertNoSidewaysScroll(page);
        await assertAccessible(page);
      }
      await page.getByRole("button", { name: /^Figures of/ }).first().click();
      await page.getByRole("term").filter({ hasText: "Mode" }).waitFor();
      // By key: a decision that comes in meanwhile moves the page, and a click lands beside the button.
      await page.getByRole("button", { name: "Change mode" }).press("Enter");
      await page.getByRole("dialog", { name: "Mode of Worker" }).waitFor();
      await page.waitForTimeout(400);
      await assertAccessible(page);
      await page.goto("/tasks");
      await page.getByRole("button", { name: "New task" }).click();
      await page.getByRole("combobox", { name: "Dataset" }).waitFor();
      await page.waitForTimeout(400); // until the dialog has come in: its opacity is part of the contrast
      await assertAccessible(page);
    });
  });
}

async function against(settings, pageOptions, body) {
  const platform = real === undefined ? await startMockPlatform(settings) : { url: real, close: async () => undefined };
  const opened = await openPage(browser, { ...pageOptions, url: platform.url });
  try {
    await body({ ...opened, platform });
  } finally {
    await opened.close();
    await platform.close().catch(() => undefined);
  }
}

function smallCsv() {
  const rows = Array.from({ length: 500 }, (_, hour) => `${hour},${(hour % 24) * 2 + (hour % 7)},${hour % 3 === 0 ? "rain" : "clear"}`);
  return { name: `visitors-${Date.now()}.csv`, mimeType: "text/csv", buffer: Buffer.from(`hour,visitors,weather\n${rows.join("\n")}\n`) };
}
