import { describe, expect, test } from "@jest/globals";
import { Testing } from "cdktf";
import { Construct } from "constructs";
import {
  ArchiveStep,
  HttpStep,
  Migration,
  type MigrationProps,
  SqlStep,
  type SqlStepProps,
  type SystemStack,
} from "../../lib/index";
import { errorOf, releases, stepsOf, temporaryDirectory, TestApp } from "../support/system-stack";

const directory = temporaryDirectory();

function sql(scope: Construct, id: string, props: Partial<SqlStepProps> = {}): SqlStep {
  return new SqlStep(scope, id, {
    database: { env: "DATABASE_URL" },
    up: `create table ${id.replaceAll("-", "_")} ()`,
    down: `drop table ${id.replaceAll("-", "_")}`,
    verify: [{ query: "select to_regclass('t') is not null", expected: true }],
    ...props,
  });
}

/** A migration 0.1.0 → 1.0.0 with what a test cares about. */
function migrate(stack: SystemStack, props: Partial<MigrationProps> = {}, id = "first"): Migration {
  return new Migration(stack, id, {
    from: "0.1.0",
    to: "1.0.0",
    ...(props.backup ? {} : { acknowledge: { MigrationWithoutBackup: "nothing is there yet" } }),
    steps: (m) => sql(m, "create-schema"),
    ...props,
  });
}

const stackAt = (release: string, ...known: string[]) =>
  new TestApp(directory).stack({ release, releases: releases(...(known.length > 0 ? known : ["0.1.0", "1.0.0"])) });

/** What each step of a stack waits for. */
const order = (stack: SystemStack) =>
  Object.fromEntries(Object.entries(stepsOf(stack)).map(([id, { after }]) => [id, after]));

test("steps run in the order in which they are made, whatever the section returns", () => {
  // GIVEN
  const stack = stackAt("1.0.0");
  // WHEN
  const migration = migrate(stack, {
    steps: (m) => {
      const first = sql(m, "first-made");
      const second = sql(new Construct(m, "group"), "made-in-a-group");
      return [second, first];
    },
  });
  // THEN
  expect(order(stack)).toEqual({ "first-made": [], "made-in-a-group": ["first-made"] });
  expect(migration.sections.flat().map(({ node }) => node.id)).toEqual(["first-made", "made-in-a-group"]);
});

test("backup, steps and verification run one after the other", () => {
  // GIVEN
  const stack = stackAt("1.0.0");
  // WHEN
  migrate(stack, {
    backup: (m) => {
      new ArchiveStep(m, "backup-data", { sources: ["/srv/data"], directory: "/srv/backup" });
    },
    steps: (m) => {
      sql(m, "create-schema");
      sql(m, "fill-schema");
    },
    acceptance: (m) => {
      new HttpStep(m, "check-health", { url: "http://127.0.0.1/health" });
    },
  });
  // THEN
  expect(order(stack)).toEqual({
    "backup-data": [],
    "create-schema": ["backup-data"],
    "fill-schema": ["create-schema"],
    "check-health": ["fill-schema"],
  });
  expect(stepsOf(stack)["fill-schema"]!.depends_on).toEqual(["sterna_step.create-schema"]);
});

test("a step carries its release, its system and its place in the tree", () => {
  // GIVEN
  const stack = stackAt("1.0.0");
  // WHEN
  migrate(stack, {
    steps: (m) => {
      sql(m, "create-schema", { title: "Create ${schema}", phase: "expand" });
    },
  });
  // THEN
  expect(stepsOf(stack)["create-schema"]).toMatchObject({
    id: "create-schema",
    system: "shop",
    release: "1.0.0",
    title: "Create $${schema}",
    phase: "expand",
    on_retry: "resume",
    on_destroy: "rollback",
  });
  expect(stack.node.findChild("first").node.findChild("create-schema").node.tryFindChild("Resource")).toBeDefined();
});

test("the steps of a release that the environment does not run are left out", () => {
  // GIVEN
  const stack = stackAt("0.1.0");
  let asked = 0;
  // WHEN
  migrate(stack, { steps: (m) => (asked++, sql(m, "create-schema")) });
  // THEN
  expect(asked).toBe(0);
  expect(stepsOf(stack)).toEqual({});
  expect(JSON.parse(Testing.synth(stack)).data.sterna_ledger.ledger.expected).toEqual([]);
});

test.each([
  ["0.1.0", []],
  ["1.0.0", ["one"]],
  ["2.0.0-rc.1", ["one"]],
  ["2.0.0", ["one", "two"]],
])("at release %s the steps are %p", (release, expected) => {
  // GIVEN
  const stack = stackAt(release, "0.1.0", "1.0.0", "2.0.0-rc.1", "2.0.0");
  const build = () => {
    migrate(
      stack,
      {
        from: "0.1.0",
        to: "1.0.0",
        steps: (m) => sql(m, "one"),
      },
      "first",
    );
    migrate(stack, { from: "1.0.0", to: "2.0.0-rc.1", steps: () => [] }, "candidate");
    migrate(
      stack,
      {
        from: "2.0.0-rc.1",
        to: "2.0.0",
        steps: (m) => sql(m, "two"),
      },
      "second",
    );
  };
  // WHEN
  build();
  // THEN
  expect(Object.keys(stepsOf(stack))).toEqual(expected);
});

test("migrations follow each other by release, in whatever order they are written", () => {
  // GIVEN
  const stack = stackAt("2.0.0", "0.1.0", "1.0.0", "2.0.0");
  // WHEN
  migrate(
    stack,
    {
      from: "1.0.0",
      to: "2.0.0",
      steps: (m) => sql(m, "two"),
    },
    "second",
  );
  migrate(
    stack,
    {
      from: "0.1.0",
      to: "1.0.0",
      steps: (m) => sql(m, "one"),
    },
    "first",
  );
  // THEN
  expect(order(stack)).toEqual({ one: [], two: ["one"] });
});

test("`after` may name a step further down, and steps that do not wait for each other run in parallel", () => {
  // GIVEN
  const stack = stackAt("1.0.0");
  // WHEN
  migrate(stack, {
    steps: (m) => {
      sql(m, "a", { after: ["c"] });
      sql(m, "b", { after: [] });
      sql(m, "c", { after: [] });
    },
  });
  // THEN
  expect(order(stack)).toEqual({ a: ["c"], b: [], c: [] });
});

test("synthesizing twice gives the same", () => {
  // GIVEN
  const stack = stackAt("1.0.0");
  migrate(stack);
  // THEN
  expect(Testing.synth(stack)).toBe(Testing.synth(stack));
});

describe("refuses", () => {
  const refused = (props: Partial<MigrationProps>) =>
    errorOf(() => {
      const stack = stackAt("1.0.0");
      migrate(stack, props);
      Testing.synth(stack);
    });

  test("two steps with one id, also in different migrations, naming both places", () => {
    // GIVEN
    const stack = stackAt("2.0.0", "0.1.0", "1.0.0", "2.0.0");
    migrate(stack);
    // WHEN
    const error = errorOf(() => {
      migrate(
        stack,
        {
          from: "1.0.0",
          to: "2.0.0",
          steps: (m) => sql(m, "create-schema"),
        },
        "second",
      );
    });
    // THEN
    expect(error.code).toBe("DuplicateStep");
    expect(error.message).toMatch(
      /shop-development\/first\/create-schema; .*\[at shop-development\/second\/create-schema\]$/,
    );
  });

  test("a cycle, which it prints", () => {
    const steps = (m: Migration) => [
      sql(m, "a", { after: ["c"] }),
      sql(m, "b", { after: ["a"] }),
      sql(m, "c", { after: ["b"] }),
    ];
    expect(refused({ steps })).toMatchObject({
      code: "StepCycle",
      message: expect.stringMatching(/a → c → b → a.*\[at shop-development\/first\/a\]$/),
    });
  });

  test("a backup that waits for a step", () => {
    const backup = (m: Migration) => [
      new ArchiveStep(m, "backup", { sources: ["/a"], directory: "/b", after: ["create-schema"] }),
    ];
    expect(refused({ backup }).code).toBe("StepCycle");
  });

  test("a step after one that does not exist, with those that do", () => {
    expect(
      refused({
        steps: (m) => {
          sql(m, "a");
          sql(m, "b", { after: ["z"] });
        },
      }),
    ).toMatchObject({
      code: "UnknownStep",
      message: expect.stringMatching(/"z".*there are a, b \[at shop-development\/first\/b\]$/),
    });
  });

  test("a step after one of a later migration", () => {
    // GIVEN
    const stack = stackAt("2.0.0", "0.1.0", "1.0.0", "2.0.0");
    migrate(stack, {
      steps: (m) => sql(m, "a", { after: ["b"] }),
    });
    migrate(
      stack,
      {
        from: "1.0.0",
        to: "2.0.0",
        steps: (m) => sql(m, "b"),
      },
      "second",
    );
    // THEN
    expect(errorOf(() => Testing.synth(stack))).toMatchObject({
      code: "UnknownStep",
      message: expect.stringMatching(/a later migration holds it/),
    });
  });

  test.each([
    ["neither backup nor a reason", "MigrationWithoutBackup", { acknowledge: undefined }, /got neither/],
    [
      "both backup and a reason",
      "InvalidMigration",
      { acknowledge: { MigrationWithoutBackup: "none" }, backup: () => [] },
      /got both/,
    ],
    [
      "an empty reason",
      "MigrationWithoutBackup",
      { acknowledge: { MigrationWithoutBackup: " " } },
      /acknowledge: \{ MigrationWithoutBackup: "<reason>" \}/,
    ],
  ])("%s", (_what, code, props, message) => {
    expect(refused(props)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test.each([
    ["1.0.0", "1.0.0"],
    ["1.0.0", "0.1.0"],
  ])("a migration from %s to %s", (from, to) => {
    expect(refused({ from, to }).code).toBe("MigrationBackwards");
  });

  test("a migration to a release that the system does not have", () => {
    expect(refused({ to: "3.0.0" })).toMatchObject({
      code: "UnknownRelease",
      message: expect.stringMatching(/it has 0\.1\.0, 1\.0\.0 \[at shop-development\/first\]$/),
    });
  });

  test("a step that is made when its migration is complete", () => {
    const stack = stackAt("1.0.0");
    const migration = migrate(stack);
    expect(errorOf(() => sql(migration, "late"))).toMatchObject({
      code: "InvalidMigration",
      message: expect.stringMatching(/complete.*\[at shop-development\/first\/late\]$/),
    });
  });

  test("a step that is made in a section of another migration", () => {
    const stack = stackAt("2.0.0", "0.1.0", "1.0.0", "2.0.0");
    const first = migrate(stack);
    expect(
      errorOf(() => migrate(stack, { ...{ from: "1.0.0", to: "2.0.0" }, steps: () => sql(first, "astray") }, "second")),
    ).toHaveProperty("code", "InvalidMigration");
  });

  test("a step outside of a migration", () => {
    expect(errorOf(() => sql(stackAt("1.0.0") as never, "alone")).code).toBe("StackMissing");
  });

  const versions = ["0.1.0", "1.0.0", "2.0.0", "3.0.0"];
  const path = (pin: string, ...hops: [from: string, to: string][]) =>
    errorOf(() => {
      const stack = stackAt(pin, ...versions);
      hops.forEach(([from, to], index) => migrate(stack, { from, to, steps: () => [] }, `m${index}`));
      Testing.synth(stack);
    });

  test("a gap on the way to the pinned release", () => {
    expect(path("3.0.0", ["0.1.0", "1.0.0"], ["2.0.0", "3.0.0"])).toMatchObject({
      code: "MigrationGap",
      message: expect.stringMatching(
        /from 1\.0\.0 to the pinned release 3\.0\.0, there are only 0\.1\.0 → 1\.0\.0, 2\.0\.0 → 3\.0\.0;/,
      ),
    });
    expect(path("1.0.0", ["1.0.0", "2.0.0"]).code).toBe("MigrationGap");
  });

  test("a pin to a release that a migration passes by", () => {
    expect(path("1.0.0", ["0.1.0", "2.0.0"]).code).toBe("MigrationGap");
  });

  test("migrations that overlap", () => {
    expect(path("2.0.0", ["0.1.0", "2.0.0"], ["1.0.0", "2.0.0"]).code).toBe("DuplicateMigration");
    expect(path("2.0.0", ["0.1.0", "1.0.0"], ["0.1.0", "2.0.0"]).code).toBe("DuplicateMigration");
  });
});

test("a gap behind the pinned release does not matter", () => {
  // GIVEN
  const stack = stackAt("1.0.0", "0.1.0", "1.0.0", "2.0.0", "3.0.0");
  migrate(stack);
  migrate(stack, { from: "2.0.0", to: "3.0.0", steps: () => [] }, "third");
  // THEN
  expect(Object.keys(stepsOf(stack))).toEqual(["create-schema"]);
});

test("expanding after contracting is warned about, at the step that comes too late", () => {
  // GIVEN
  const stack = stackAt("1.0.0");
  // WHEN
  migrate(stack, {
    steps: (m) => {
      sql(m, "a", { phase: "expand" });
      sql(m, "b", { phase: "contract" });
      sql(m, "c", { phase: "expand" });
    },
  });
  // THEN
  const warnings = stack.node
    .findAll()
    .flatMap((construct) =>
      construct.node.metadata.filter(({ type }) => type === "@cdktf/warn").map(({ data }) => [construct.node.id, data]),
    );
  expect(warnings).toEqual([["c", expect.stringMatching(/^c expands after b contracted/)]]);
});
