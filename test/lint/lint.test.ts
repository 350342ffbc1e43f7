import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repositoryRoot, scratchDirectory } from "../support/repository";
import { lintText } from "./lint-text";

const rules = (path: string, code: string) => lintText(path, code).map(({ rule }) => rule);

describe("arrows", () => {
  test.each([
    // Upwards between rooms.
    ["lib/core/a.ts", "../releases/release"],
    ["lib/core/a.ts", "../manifest/program"],
    ["lib/manifest/a.ts", "../releases/release"],
    ["lib/releases/a.ts", "../environments/environment"],
    ["lib/environments/a.ts", "../migrations/migration"],
    ["lib/migrations/a.ts", "../steps/sql/step"],
    ["lib/storage/a.ts", "../migrations/migration"],
    ["lib/storage/a.ts", "../aws/storage/tiered-bucket"],
    ["lib/aws/storage/a.ts", "../../google/storage/tiered-bucket"],
    ["lib/rotator/a.ts", "../secrets/rotation-strategy"],
    ["lib/engine/ledgers/a.ts", "../../migrations/migration"],
    ["lib/engine/executor/a.ts", "../../steps/sql/kind"],
    ["lib/promotion/a.ts", "../environments/system-stack"],
    ["lib/toolkit/a.ts", "../cli/terminal/terminal"],
    ["lib/pipelines/a.ts", "../cli/main"],
    // Upwards between the folders of a room.
    ["lib/engine/ledgers/a.ts", "../executor/apply-step"],
    ["lib/engine/step-kind.ts", "./files/a"],
    ["lib/steps/archive/step.ts", "../sql/step"],
    ["lib/rotator/postgres/a.ts", "../strategies/strategy-of"],
    ["lib/promotion/plan/a.ts", "../proof/a"],
    ["lib/promotion/report/a.ts", "./html/a"],
    ["lib/cli/terminal/a.ts", "../commands/apply"],
    // From one side of a step to the other.
    ["lib/steps/sql/step.ts", "./kind"],
    ["lib/steps/sql/kind.ts", "./step"],
    ["lib/steps/sql/step.ts", "../../engine/step-kind"],
    ["lib/steps/sql/kind.ts", "../../migrations/migration"],
    // Out of lib.
    ["lib/cli/a.ts", "../../stacks/app-ef"],
    ["lib/index.ts", "../bin/app"],
    ["lib/steps/sql/step.ts", "../../../test/support/postgres"],
    ["lib/not-in-the-table/a.ts", "../core/duration"],
    ["stacks/app-ef.ts", "../bin/app"],
  ])("%s must not import %s", (path, source) => {
    expect(rules(path, `import { x } from "${source}";\nx();`)).toContain("sterna/arrows");
  });

  test.each([
    ["lib/core/a.ts", "./duration"],
    ["lib/storage/a.ts", "../core/duration"],
    ["lib/migrations/a.ts", "../releases/release"],
    ["lib/steps/sql/step.ts", "../../migrations/migration"],
    ["lib/steps/sql/kind.ts", "../../engine/step-kind"],
    ["lib/steps/transfer/step.ts", "../command/step"],
    ["lib/environments/a.ts", "../manifest/ledger-config"],
    ["lib/engine/executor/a.ts", "../ledgers/ledger"],
    ["lib/engine/executor/a.ts", "../../core/errors"],
    ["lib/aws/storage/a.ts", "../../storage/tier"],
    ["lib/cli/commands/a.ts", "../../promotion/plan/plan-summary"],
    ["lib/index.ts", "./steps/sql/step"],
    ["lib/aws/index.ts", "./storage/tiered-bucket"],
    ["stacks/app-ef.ts", "../lib"],
    ["bin/app.ts", "../stacks/app-ef"],
    ["test/e2e/a.test.ts", "../../lib/steps/sql/kind"],
  ])("%s may import %s", (path, source) => {
    expect(rules(path, `import { x } from "${source}";\nx();`)).toEqual([]);
  });

  test.each([
    'import type { Step } from "../migrations/migration";\nexport type T = Step;',
    'export { Step } from "../migrations/migration";',
    'export * from "../migrations/migration";',
    'export const step = () => import("../migrations/migration");',
    'export type T = import("../migrations/migration").Step;',
    'export const step = require("../migrations/migration");',
  ])("hold for every way to import: %s", (code) => {
    expect(rules("lib/core/a.ts", code)).toContain("sterna/arrows");
  });

  test.each(["lib/engine/ledgers/a.ts", "lib/promotion/a.ts", "lib/steps/sql/kind.ts", "lib/toolkit/a.ts"])(
    "%s runs without constructs",
    (path) => {
      for (const source of ["cdktf", "cdktf/lib/app", "constructs", "@cdktf/provider-aws/lib/s3-bucket"]) {
        expect(rules(path, `import { x } from "${source}";\nx();`)).toEqual(["sterna/arrows"]);
      }
      expect(rules(path, 'import { x } from "zod";\nx();')).toEqual([]);
    },
  );

  test("say what a room or a folder knows and where that is written", () => {
    const message = (path: string, source: string) =>
      lintText(path, `import { x } from "${source}";\nx();`)[0]?.message;
    expect(message("lib/schedule/a.ts", "../storage/tier")).toBe(
      'lib/schedule does not know "../storage/tier": it knows core; see ROOMS in eslint.config.js.',
    );
    expect(message("lib/backups/plan/a.ts", "../stores/a")).toBe(
      'lib/backups/plan/a does not know "../stores/a": imports point down in plan < parts < stores; see FLOORS in eslint.config.js.',
    );
  });
});

describe("folder-cycles", () => {
  let root: string;

  beforeAll(() => {
    root = scratchDirectory("folder-cycles");
    mkdirSync(join(root, "lib/aws/storage"), { recursive: true });
    mkdirSync(join(root, "lib/aws/backup"), { recursive: true });
    writeFileSync(join(root, "lib/aws/names.ts"), "export const x = 1;");
    writeFileSync(join(root, "lib/aws/storage/bucket.ts"), 'export type { Plan } from "../backup/plan";');
    writeFileSync(join(root, "lib/aws/backup/plan.ts"), 'export { x } from "../names";');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test.each([
    ["lib/aws/backup/a.ts", 'import { x } from "../storage/bucket";\nx();'],
    ["lib/aws/backup/a.ts", 'import type { Bucket } from "../storage/bucket";\nexport type T = Bucket;'],
    ["lib/aws/names.ts", 'import { x } from "./storage/bucket";\nx();'],
  ])("%s must not close a circle: %s", (path, code) => {
    expect(lintText(path, code, root)).toEqual([
      {
        rule: "sterna/folder-cycles",
        message: expect.stringContaining('lib/aws/storage/bucket.ts imports "../backup/plan"'),
      },
    ]);
  });

  test("let a folder know one that does not know it", () => {
    expect(lintText("lib/aws/storage/a.ts", 'import { x } from "../backup/plan";\nx();', root)).toEqual([]);
    expect(lintText("lib/aws/backup/a.ts", 'import { x } from "./plan";\nx();', root)).toEqual([]);
  });

  test("find none in lib, imports of types included", () => {
    // GIVEN
    const { folderGraph, wayBetween } = require("../../scripts/folder-cycles.js") as {
      folderGraph(root: string): Map<string, Map<string, string>>;
      wayBetween(graph: ReturnType<typeof folderGraph>, from: string, to: string): string[] | undefined;
    };
    const graph = folderGraph(repositoryRoot);
    const areBeside = (one: string, other: string) => dirname(one) === dirname(other) && one.split("/").length === 3;
    // WHEN
    const circles = [...graph].flatMap(([folder, needs]) =>
      [...needs.keys()].flatMap((need) =>
        areBeside(folder, need) && !existsSync(join(repositoryRoot, need))
          ? []
          : (wayBetween(graph, need, folder) ?? []),
      ),
    );
    // THEN
    expect(graph.size).toBeGreaterThan(50);
    expect(circles).toEqual([]);
  });
});

describe("deep-provider-imports", () => {
  test.each(["@cdktf/provider-aws", "@cdktf/provider-google"])("refuse %s from its root", (source) => {
    expect(rules("stacks/a.ts", `import { x } from "${source}";\nx();`)).toEqual(["sterna/deep-provider-imports"]);
    expect(rules("stacks/a.ts", `import { x } from "${source}/lib/bucket";\nx();`)).toEqual([]);
  });
});

describe("documentation/defaults", () => {
  test("wants @default on optional properties of props, and on those alone", () => {
    const props = (comment: string, name = "BucketProps", mark = "?") =>
      `export interface ${name} {\n${comment}\n  readonly days${mark}: number;\n}`;
    expect(rules("lib/storage/a.ts", props("/** Days. */"))).toEqual(["documentation/defaults"]);
    expect(rules("lib/storage/a.ts", props("/** Days.\n   * @default\n */"))).toEqual(["documentation/defaults"]);
    expect(rules("lib/storage/a.ts", props("// @default 30"))).toEqual(["documentation/defaults"]);
    expect(rules("lib/storage/a.ts", props("/** Days. @default 30 */"))).toEqual([]);
    expect(rules("lib/storage/a.ts", props("/** Days. */", "BucketProps", ""))).toEqual([]);
    expect(rules("lib/storage/a.ts", props("/** Days. */", "Bucket"))).toEqual([]);
  });
});

describe("dangerous and slow calls", () => {
  test.each([
    ["eval", 'eval("1");', "no-eval"],
    ["new Function", 'export const f = new Function("return 1");', "no-new-func"],
    ["a timer with code in a string", 'setTimeout("f()", 1);', "no-implied-eval"],
    ["exec", 'import { exec } from "node:child_process";\nexport const f = exec;', "no-restricted-syntax"],
    ["execSync", 'import { execSync } from "child_process";\nexport const f = execSync;', "no-restricted-syntax"],
    ["all of child_process", 'import * as c from "node:child_process";\nexport const f = c;', "no-restricted-syntax"],
    ["a shell", 'import { spawn } from "node:child_process";\nspawn("ls", { shell: true });', "no-restricted-syntax"],
    ["a named shell", 'import { execa } from "execa";\nexeca("ls", { shell: "bash" });', "no-restricted-syntax"],
    ["importFrom", 'export const f = (bucket) => bucket.importFrom("name");', "no-restricted-syntax"],
    [
      "TerraformDataResource",
      'import { TerraformDataResource } from "cdktf";\nexport const f = TerraformDataResource;',
      "no-restricted-syntax",
    ],
    ["a file of more than 400 lines", `${"f();\n".repeat(401)}`, "max-lines"],
  ])("refuse %s", (_, code, rule) => {
    expect(rules("lib/storage/a.ts", code)).toEqual([rule]);
  });

  test("let programs be started with an argument list, and regular expressions be executed", () => {
    const code = 'import { execFile } from "node:child_process";\nexecFile("ls", [/a/.exec("a")?.[0] ?? ""]);';
    expect(rules("lib/storage/a.ts", code)).toEqual([]);
  });
});

test("tests that would keep the others from running are refused", () => {
  expect(rules("test/core/a.test.ts", 'test.only("x", () => {});')).toEqual(["no-restricted-syntax"]);
});
