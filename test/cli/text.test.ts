import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { explainAppFailure } from "../../lib/toolkit/project/synthesize";
import { readProviderInstallation } from "../../lib/cli/doctor/check-installation";
import { sternaCode, terraformFailure, parseEvent } from "../../lib/toolkit/terraform/diagnostics";
import { followFile } from "../../lib/toolkit/terraform/terraform";
import { nearest } from "../../lib/core/nearest";
import { RefusedError } from "../../lib/core/errors";
import { scratchDirectory } from "../support/repository";

describe("nearest name", () => {
  it.each([
    ["stagging", "staging"],
    ["prod", undefined],
    ["productoin", "production"],
    ["zzz", undefined],
  ])("of %s is %s", (typed, meant) => {
    expect(nearest(typed, ["development", "staging", "production"])).toBe(meant);
  });
});

describe("what a failed app said", () => {
  it("is the line of its error, with the code among its properties", () => {
    const output =
      "/x/app.ts:1\n  throw\n  ^\n\nValidationError: no [at a/b]\n    at foo (x.ts:1)\n  code: 'StepCycle',\n}";

    expect(explainAppFailure(output)).toBe("[StepCycle] ValidationError: no [at a/b]");
  });

  it("is the app's own message when it prints one", () => {
    expect(explainAppFailure("warning\nerror[PinSkipsEnvironment]: no\n  second line\n")).toBe(
      "error[PinSkipsEnvironment]: no\n  second line",
    );
  });

  it("is the last lines otherwise", () => {
    expect(explainAppFailure("sh: tsx: not found\n")).toBe("sh: tsx: not found");
    expect(explainAppFailure("")).toBe("it printed nothing");
  });
});

describe("a failed run of Terraform", () => {
  const run = (...summaries: string[]) => ({
    diagnostics: summaries.map((summary) => ({ severity: "error", summary, detail: "why" })),
    otherOutput: "",
    interrupts: 0,
  });

  it("is a refusal when all errors are refusals of the provider", () => {
    const error = terraformFailure("terraform plan", run('Step "a" cannot be planned [StepIrreversible]'));

    expect(error).toBeInstanceOf(RefusedError);
    expect(error.code).toBe("StepIrreversible");
  });

  it("is an error as soon as something else went wrong too", () => {
    const error = terraformFailure("terraform plan", run("x [StepIrreversible]", "Invalid provider"));

    expect(error).not.toBeInstanceOf(RefusedError);
    expect(error.message).toContain("Invalid provider\n    why");
  });

  it("takes only codes that Sterna has", () => {
    expect(sternaCode("Step failed [StepFailed]")).toBe("StepFailed");
    expect(sternaCode("Something [Else]")).toBeUndefined();
  });
});

describe("the lines of Terraform", () => {
  it("are events, or nothing", () => {
    expect(parseEvent("panic: oh")).toBeUndefined();
    expect(parseEvent('{"type":"new_thing","@message":"m"}')).toMatchObject({ type: "new_thing", message: "m" });
  });

  it("come through a file that is written meanwhile, whatever the pieces", async () => {
    const directory = scratchDirectory("follow");
    const pieces = fc.array(fc.string({ unit: fc.constantFrom("a", "é", "\n", "𝕏") }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(pieces, async (texts) => {
        const file = join(directory, "log");
        writeFileSync(file, "");
        const writing = (async () => {
          for (const piece of texts) {
            await new Promise(setImmediate);
            appendFileSync(file, piece);
          }
        })();
        const lines: string[] = [];
        for await (const line of followFile(file, writing)) lines.push(line);
        const all = texts.join("").split("\n");
        expect(lines).toEqual(all.at(-1) === "" ? all.slice(0, -1) : all);
      }),
      { numRuns: 30 },
    );
    rmSync(directory, { recursive: true });
  });
});

describe("a CLI configuration of Terraform", () => {
  it.each([
    ["", { explicit: false }],
    ["# provider_installation {\n", { explicit: false }],
    ["provider_installation {\n  direct {}\n}", { explicit: true, hasStackMirror: false }],
    [
      'provider_installation {\n  filesystem_mirror {\n    path = "terraform.d/plugins"\n  }\n}',
      { explicit: true, hasStackMirror: true },
    ],
    [
      'provider_installation {\n  # filesystem_mirror { path = "terraform.d/plugins" }\n  direct {}\n}',
      { hasStackMirror: false },
    ],
    [
      'provider_installation {\n  dev_overrides {\n    "sterna/sterna" = "/x//y"\n  }\n  direct {}\n}',
      { overridesSterna: true },
    ],
    ['host "a" { token = "x # provider_installation {" }', { explicit: false }],
  ])("%j", (text, expected) => {
    expect(readProviderInstallation(text)).toMatchObject(expected);
  });
});
