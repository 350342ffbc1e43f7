import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pc from "picocolors";
import { chromium, type Browser, type Page } from "playwright-core";
import { formatOverview } from "../../lib/promotion/format-report";
import { formatReport } from "../promotion/format-report";
import { SAMPLE_OVERVIEW, SAMPLE_REPORT } from "../promotion/report/samples";
import { findProgram } from "../../lib/core/find-program";
import { requires } from "../support/requirements";

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const PAGES = {
  plan: formatReport(SAMPLE_REPORT, "html", pc.createColors(false)),
  overview: formatOverview(SAMPLE_OVERVIEW, "html"),
};
const WIDTHS = { wide: 1280, narrow: 320 };

/** What axe finds. */
interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

requires("chromium")("the HTML reports in Chromium", () => {
  let browser: Browser;
  let directory: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "sterna-report-"));
    for (const [name, page] of Object.entries(PAGES)) writeFileSync(join(directory, `${name}.html`), page);
    browser = await chromium.launch({
      executablePath: findProgram("chromium"),
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
    });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Opens a page, and notes what it asks for and what the browser complains about. */
  async function open(name: keyof typeof PAGES, colorScheme: "light" | "dark", width: number) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
    const page = await context.newPage();
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    const url = pathToFileURL(join(directory, `${name}.html`)).href;
    await page.goto(url);
    return { page, requests, complaints, url, context };
  }

  const cases = (["plan", "overview"] as const).flatMap((name) =>
    (["light", "dark"] as const).flatMap((scheme) =>
      (["wide", "narrow"] as const).map((width) => [name, scheme, width] as const),
    ),
  );

  it.each(cases)(
    "%s, %s, %s: axe finds nothing, nothing overflows, nothing is asked for",
    async (name, scheme, width) => {
      // GIVEN
      const { page, requests, complaints, url, context } = await open(name, scheme, WIDTHS[width]);

      // WHEN
      await page.getByRole("button", { name: "Unfold all" }).click();
      const violations = await violationsOf(page);

      // THEN
      expect(violations).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")).toBeLessThanOrEqual(0);
      // An empty icon, so that the browser asks for none.
      expect(requests.filter((each) => each !== url && each !== "data:,")).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  it("filters, folds and unfolds by the keyboard alone", async () => {
    // GIVEN
    const { page, context } = await open("plan", "light", WIDTHS.wide);
    const shown = () => page.locator(".entry:visible").count();
    const unfolded = () => page.locator("details[open]").count();
    const all = await shown();
    const important = await unfolded();

    // WHEN the skip link, then the filter are reached
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.className")).toBe("skip");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.type("media");

    // THEN
    await page.getByText(/^\d+ of \d+$/).waitFor();
    expect(await shown()).toBeLessThan(all);
    expect(await page.locator(".entry:visible").allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringContaining("aws_s3_bucket.media")]),
    );

    // WHEN
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");

    // THEN
    expect(await unfolded()).toBeGreaterThan(important);
    await context.close();
  });

  it("unfolds everything for print", async () => {
    const { page, context } = await open("plan", "light", WIDTHS.wide);

    await page.evaluate("dispatchEvent(new Event('beforeprint'))");

    expect(await page.locator("details:not([open])").count()).toBe(0);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await page.locator("details:not([open])").count()).toBeGreaterThan(0);
    await context.close();
  });

  it("runs no script but its own", async () => {
    // GIVEN a page into which somebody else has written
    const tampered = PAGES.plan.replace(
      "</main>",
      '<img src="data:,x" onerror="document.title = 1"><script>document.title = 2</script></main>',
    );
    writeFileSync(join(directory, "tampered.html"), tampered);
    const context = await browser.newContext();
    const page = await context.newPage();

    // WHEN
    await page.goto(pathToFileURL(join(directory, "tampered.html")).href);

    // THEN
    expect(await page.title()).toBe("shop in production: release 1.4.0 → 2.0.0");
    await context.close();
  });
});

/** What axe finds, with the elements. */
async function violationsOf(page: Page): Promise<unknown[]> {
  // Evaluated by the debugger, so the page's policy does not apply.
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate("axe.run()")) as { violations: Violation[] };
  return violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`),
  }));
}
