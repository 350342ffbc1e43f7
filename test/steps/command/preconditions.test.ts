import { beforeEach, describe, expect, test } from "@jest/globals";
import { chmodSync, mkdirSync, mkdtempSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  DiskSpaceCheck,
  Duration,
  HttpStep,
  Migration,
  MinimumVersionCheck,
  RecentFileCheck,
  Size,
  type Step,
} from "../../../lib/index";
import { commandKind } from "../../../lib/steps/command/kind";
import { commandProgram } from "../../../lib/steps/command/program";
import { stepContext } from "../../support/step-context";
import { errorOf, programOf, stepsOf, temporaryDirectory, TestApp } from "../../support/system-stack";

const scratch = temporaryDirectory();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(scratch, "checked-"));
});

/** A stack whose only migration has one precondition, and a step after it. */
function stackOf(make: (migration: Migration) => Step) {
  const stack = new TestApp(scratch).stack();
  new Migration(stack, "first", {
    from: "0.1.0",
    to: "1.0.0",
    acknowledge: { MigrationWithoutBackup: "nothing is kept" },
    steps: (m) => {
      make(m);
      new HttpStep(m, "after", { url: "https://example.org" });
    },
  });
  return stack;
}

/** Runs a precondition as the engine does: its `up`, then its `verify`. */
async function check(make: (migration: Migration) => Step): Promise<void> {
  const program = commandProgram.parse(programOf(stackOf(make), "check"));
  await commandKind.up(program, stepContext("check"));
  const [verified] = await commandKind.verify(program, stepContext("check"), undefined);
  expect(verified!.actual).toBe("holds");
}

test("what comes after a precondition waits for it", () => {
  const steps = stepsOf(
    stackOf((m) => new RecentFileCheck(m, "check", { directory: "x", youngerThan: Duration.hours(1) })),
  );
  expect(steps.after!.depends_on).toEqual(["sterna_step.check"]);
});

describe("disk space", () => {
  const wanting = (atLeast: Size) => (m: Migration) => new DiskSpaceCheck(m, "check", { directory, atLeast });

  test("that is there passes", () => check(wanting(Size.bytes(1))));

  test("that is not there is said", async () => {
    await expect(check(wanting(Size.gibibytes(2 ** 22)))).rejects.toThrow(
      /checked-\w+ has \d+ KiB free, and 4398046511104 KiB are needed/,
    );
  });
});

describe("a program's version", () => {
  const saying = (text: string, atLeast: string) => (m: Migration) => {
    // A name with a space, as a value that must not be taken apart.
    const program = join(directory, "a program");
    writeFileSync(program, `#!/bin/sh\necho '${text}'\n`);
    chmodSync(program, 0o755);
    return new MinimumVersionCheck(m, "check", { program, atLeast });
  };

  test.each([
    ["pg_dump (PostgreSQL) 15.4 (Debian 15.4-1)", "15.4"],
    ["Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0", "7.0"],
    ["v10.2.0", "9.11"],
  ])("%s is at least %s", (text, atLeast) => check(saying(text, atLeast)));

  test.each([
    ["pg_dump (PostgreSQL) 15.4", "15.10", "a program is 15.4, and 15.10 or newer is needed"],
    ["nothing to say", "1.0", "a program --version prints no version"],
  ])("%s is not at least %s", async (text, atLeast, message) => {
    await expect(check(saying(text, atLeast))).rejects.toThrow(message);
  });

  test("that no program can have is refused at synth", () => {
    expect(errorOf(() => stackOf(saying("1.0", ">=15")))).toMatchObject({
      code: "InvalidStep",
      message: expect.stringContaining('got ">=15"'),
    });
  });
});

describe("a recent file", () => {
  const HOUR = 3600;
  const checking = (m: Migration) => new RecentFileCheck(m, "check", { directory, youngerThan: Duration.hours(24) });
  const backup = (name: string, content: string, hoursAgo: number) => {
    const file = join(directory, name);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, content);
    const time = Date.now() / 1000 - hoursAgo * HOUR;
    utimesSync(file, time, time);
  };

  test("passes, wherever in the directory it is", async () => {
    backup("old.dump", "x", 48);
    backup("2026/new.dump", "x", 23);
    await check(checking);
  });

  test.each([
    ["too old", () => backup("old.dump", "x", 25)],
    ["empty", () => backup("new.dump", "", 1)],
    ["not there", () => undefined],
  ])("that is %s is said", async (_, make) => {
    make();
    await expect(check(checking)).rejects.toThrow(/no file in .* is younger than 1440 minutes and not empty/);
  });

  test("of a fraction of a minute is refused at synth", () => {
    const wrong = (m: Migration) => new RecentFileCheck(m, "check", { directory, youngerThan: Duration.seconds(90) });
    expect(errorOf(() => stackOf(wrong)).code).toBe("InvalidDuration");
  });
});
