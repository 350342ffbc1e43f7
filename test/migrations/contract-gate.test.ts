import { Testing } from "cdktf";
import { describe, expect, it } from "@jest/globals";
import { Migration, Rollout, SqlStep, type SqlStepProps } from "../../lib/index";
import { errorOf, releases, temporaryDirectory, TestApp } from "../support/system-stack";

const directory = temporaryDirectory();

const STEADY = Rollout.steady("blue", "1.0.0");
const BOTH = STEADY.prewarm("1.1.0").cutover();
const RETIRED = BOTH.retire();

/** Synthesizes a stack with the migrations 1.0.0 → 1.1.0 and 1.1.0 → 1.2.0; the last of them up to `release` holds the step. */
function synthesize(release: "1.1.0" | "1.2.0", rollout: Rollout | undefined, step: Partial<SqlStepProps>): string {
  const stack = new TestApp(directory).stack({ release, releases: releases("1.0.0", "1.1.0", "1.2.0"), rollout });
  const drop = (m: Migration) =>
    new SqlStep(m, "drop-old-column", {
      database: { env: "DATABASE_URL" },
      up:
        step.phase === "contract" ? "alter table orders drop column state" : "alter table orders add column state text",
      irreversible: "the column is gone",
      verify: [{ query: "select to_regclass('t') is not null", expected: true }],
      ...step,
    });
  for (const [from, to] of [
    ["1.0.0", "1.1.0"],
    ["1.1.0", "1.2.0"],
  ] as const) {
    const steps = (m: Migration) => (to === release ? [drop(m)] : []);
    new Migration(stack, `to-${to}`, { from, to, acknowledge: { MigrationWithoutBackup: "nothing to lose" }, steps });
  }
  return Testing.synth(stack);
}

describe("a contracting step", () => {
  it.each([
    ["is live", STEADY],
    ["got green beside it", STEADY.prewarm("1.1.0")],
    ["has the most traffic", STEADY.prewarm("1.1.0").canary(10)],
    ["is there to go back to", BOTH],
    ["has the traffic again", BOTH.abort()],
  ])("is refused while a color with the release before %s", (_, rollout) => {
    expect(errorOf(() => synthesize("1.1.0", rollout, { phase: "contract" }))).toEqual({
      code: "ContractBeforeRetire",
      message:
        "it takes away what only releases before 1.1.0 need, and blue runs 1.0.0 in development. Move it to the migration of the " +
        'next release, with lastNeededBy: "1.0.0", and pin that one after `sterna rollout shop development --retire` has ' +
        "removed blue [at shop-development/to-1.1.0/drop-old-column]",
    });
  });

  it("comes with the next release, once the color is retired, and stays while that release is rolled out", () => {
    // GIVEN what the message says
    const step = { phase: "contract", lastNeededBy: "1.0.0" } as const;

    // THEN
    expect(errorOf(() => synthesize("1.2.0", BOTH, step)).code).toBe("ContractBeforeRetire");
    expect(() => synthesize("1.2.0", RETIRED, step)).not.toThrow();
    expect(() => synthesize("1.2.0", RETIRED.prewarm("1.2.0").canary(10), step)).not.toThrow();
  });

  it("needs no retirement where nothing has colors, or where all colors run its release", () => {
    expect(() => synthesize("1.1.0", undefined, { phase: "contract" })).not.toThrow();
    expect(() => synthesize("1.1.0", RETIRED, { phase: "contract" })).not.toThrow();
  });

  it.each([
    [{ phase: "contract", lastNeededBy: "1.1.0" }, "InvalidLastNeededBy", "name a release before 1.1.0"],
    [{ phase: "expand", lastNeededBy: "1.0.0" }, "InvalidLastNeededBy", 'of the phase "expand"'],
    [{ phase: "contract", lastNeededBy: "0.9.0" }, "UnknownRelease", "0.9.0"],
  ] as const)("does not take %j", (step, code, part) => {
    expect(errorOf(() => synthesize("1.1.0", undefined, step))).toEqual({
      code,
      message: expect.stringContaining(part),
    });
  });
});

it("lets expanding and migrating steps run beside an older color", () => {
  expect(() => synthesize("1.1.0", BOTH, { phase: "expand" })).not.toThrow();
  expect(() => synthesize("1.1.0", BOTH, { phase: "migrate" })).not.toThrow();
});
