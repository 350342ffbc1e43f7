import { describe, expect, test } from "@jest/globals";
import { lintText } from "./lint-text";

const rules = (path: string, code: string) => lintText(path, code).map(({ rule }) => rule);

describe("arrows", () => {
  test.each([
    ["lib/core/a.ts", "../releases/release"],
    ["lib/core/a.ts", "../engine/program"],
    ["lib/storage/a.ts", "../migrations/step"],
    ["lib/environments/a.ts", "../migrations/migration"],
    ["lib/releases/a.ts", "../environments/environment"],
    ["lib/migrations/a.ts", "../steps/sql-step"],
    ["lib/migrations/a.ts", "../storage/tier"],
    ["lib/steps/a.ts", "../environments/system-stack"],
    ["lib/steps/a.ts", "../engine/kinds/sql"],
    ["lib/storage/a.ts", "../engine/ledgers/ledger"],
    ["lib/engine/kinds/a.ts", "../../migrations/step"],
    ["lib/promotion/a.ts", "../environments/system-stack"],
    ["lib/cli/a.ts", "../../stacks/app-ef"],
    ["lib/index.ts", "../bin/app"],
    ["lib/steps/a.ts", "../../test/support/postgres"],
    ["lib/not-in-the-table/a.ts", "../core/duration"],
    ["stacks/app-ef.ts", "../bin/app"],
  ])("%s must not import %s", (path, source) => {
    expect(rules(path, `import { x } from "${source}";\nx();`)).toEqual(["sterna/arrows"]);
  });

  test.each([
    ["lib/core/a.ts", "./duration"],
    ["lib/storage/a.ts", "../core/duration"],
    ["lib/migrations/a.ts", "../releases/release"],
    ["lib/steps/a.ts", "../migrations/step"],
    ["lib/steps/a.ts", "../engine/program"],
    ["lib/environments/a.ts", "../engine/ledgers/ledger-config"],
    ["lib/engine/kinds/a.ts", "../../core/sterna-error"],
    ["lib/engine/kinds/a.ts", "../program"],
    ["lib/cli/a.ts", "../promotion/plan-summary"],
    ["lib/index.ts", "./steps/sql-step"],
    ["stacks/app-ef.ts", "../lib"],
    ["bin/app.ts", "../stacks/app-ef"],
    ["test/e2e/a.test.ts", "../../lib/steps/sql/kind"],
  ])("%s may import %s", (path, source) => {
    expect(rules(path, `import { x } from "${source}";\nx();`)).toEqual([]);
  });

  test.each([
    'import type { Step } from "../steps/step";\nexport type T = Step;',
    'export { Step } from "../steps/step";',
    'export * from "../steps/step";',
    'export const step = () => import("../steps/step");',
    'export type T = import("../steps/step").Step;',
  ])("hold for every way to import: %s", (code) => {
    expect(rules("lib/core/a.ts", code)).toEqual(["sterna/arrows"]);
  });

  test("also hold for require", () => {
    expect(rules("lib/core/a.ts", 'export const step = require("../steps/step");')).toContain("sterna/arrows");
  });

  test.each(["lib/engine/kinds/a.ts", "lib/promotion/a.ts"])("%s runs without constructs", (path) => {
    for (const source of ["cdktf", "cdktf/lib/app", "constructs", "@cdktf/provider-aws/lib/s3-bucket"]) {
      expect(rules(path, `import { x } from "${source}";\nx();`)).toEqual(["sterna/arrows"]);
    }
    expect(rules(path, 'import { x } from "zod";\nx();')).toEqual([]);
  });

  test("say what a folder knows and where that is written", () => {
    expect(lintText("lib/steps/a.ts", 'import { x } from "../storage/tier";\nx();')[0]?.message).toBe(
      'lib/steps does not know "../storage/tier": it knows core, migrations; see ARROWS in eslint.config.js.',
    );
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
