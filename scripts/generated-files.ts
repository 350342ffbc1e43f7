import { z } from "zod";
import { ERROR_CODES } from "../lib/core/error-codes";
import { evidence } from "../lib/manifest/evidence";
import { backupPlan } from "../lib/backups/plan/backup-plan";
import { environmentsFile } from "../lib/manifest/environments-file";
import { pinsFile } from "../lib/manifest/pins-file";
import { waiversFile } from "../lib/manifest/waivers";
import { promotionReport } from "../lib/promotion/promotion-report";
import { overview } from "../lib/promotion/report/overview";
import { propertiesPage } from "./properties-page";
import { propsTable } from "./props-table";

/** Files that are written from the code: path from the top of the checkout, and content. */
export function generatedFiles(): Record<string, string> {
  return {
    "docs/errors.md": errorsPage(),
    "docs/properties.md": propertiesPage(),
    "lib/core/props-table.ts": propsTable(),
    "schemas/environments.schema.json": schema(
      environmentsFile,
      "environments.json",
      "Environments in the order in which releases move through them",
    ),
    "schemas/releases.schema.json": schema(
      pinsFile,
      "releases.json",
      "Which release each environment runs: system, then environment, then release",
    ),
    "schemas/backup-plan.schema.json": schema(
      backupPlan,
      "Backup plan",
      "What is backed up, where to, and for how long: what `sterna backup` reads",
    ),
    "schemas/evidence.schema.json": schema(
      evidence,
      "Evidence",
      "What somebody, or a drill, showed for a gate: what `sterna attest` writes",
    ),
    "schemas/waivers.schema.json": schema(
      waiversFile,
      "waivers.json",
      "What may pass a gate although it does not hold: by whom, why, and until when",
    ),
    "schemas/promotion-report.schema.json": schema(
      promotionReport,
      "Promotion report",
      "All that is shown about one plan: `report` in what `sterna plan --json` prints",
    ),
    "schemas/overview-report.schema.json": schema(
      overview,
      "Overview report",
      "What runs where: what `sterna report --format json` prints",
    ),
  };
}

function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, meaning]) => `| \`${code}\` | ${meaning.replaceAll("|", "\\|")} |`);
  return [
    "<!-- Written by `node --import tsx scripts/generate.ts` from lib/core/error-codes.ts. -->",
    "",
    "# Errors",
    "",
    "Everything that Sterna refuses on purpose has one of these codes. Constructs throw a `ValidationError`, whose message",
    "ends with the path of the construct; value objects and the command line throw a `SternaError`; the provider reports the",
    "code in the title of a Terraform diagnostic. The message says what is wrong, the value got, what is allowed and what to",
    "write. Codes are stable.",
    "",
    "A check of a construct goes on after a mistake: one `ValidationError` has all of them in `problems`, each with `code`,",
    "`message`, `constructPath` and `location`, the line of the project. Where `sterna` runs the app, the constructs after",
    "it are checked, too, and `--json` lists the mistakes of all in `error.problems`.",
    "",
    "| Code | Meaning |",
    "| --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function schema(type: z.ZodType, title: string, description: string): string {
  // What people write, before defaults are filled in.
  const { $schema, ...rest } = z.toJSONSchema(type, { io: "input" });
  return `${JSON.stringify({ $schema, title, description, ...rest }, null, 2)}\n`;
}
