import { describe, expect, test } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ArchiveStep,
  CommandStep,
  type CommandStepProps,
  DocumentsStep,
  Duration,
  EnvFileStep,
  EnvironmentChain,
  HttpStep,
  Migration,
  Script,
  SecretReference,
  SqlStep,
  type SqlStepProps,
  type Step,
  type SystemStack,
  variable,
} from "../../lib/index";
import { errorOf, programOf, stepsOf, temporaryDirectory, TestApp } from "../support/system-stack";

const directory = temporaryDirectory();
const environment = new EnvironmentChain([
  { name: "development", variables: { shop: { OWNER: "shop_owner", UNUSED: "x" } } },
]).get("development");

function stackWith(makeStep: (migration: Migration) => Step): SystemStack {
  const stack = new TestApp(directory).stack({ environment });
  new Migration(stack, "first", {
    from: "0.1.0",
    to: "1.0.0",
    acknowledge: { MigrationWithoutBackup: "-" },
    steps: (m) => {
      makeStep(m);
    },
  });
  return stack;
}

const DATABASE = SecretReference.environment("DATABASE_URL");

describe("SqlStep", () => {
  const sql = (props: Partial<SqlStepProps>) =>
    stackWith(
      (m) =>
        new SqlStep(m, "step", {
          database: DATABASE,
          up: "create table users ()",
          down: "drop table users",
          verify: [{ query: "select to_regclass('users') is not null", expected: true }],
          ...props,
        }),
    );

  test("becomes a program in one transaction, with answers as PostgreSQL writes them", () => {
    // WHEN
    const stack = sql({
      verify: [
        { query: "select current_user is not null", expected: true },
        { query: "select count(*) from t", expected: 3 },
        { query: "select current_schema()", expected: "x" },
      ],
      probe: { query: "select false", expected: false },
    });
    // THEN
    expect(programOf(stack, "step")).toEqual({
      kind: "sql",
      database: { env: "DATABASE_URL" },
      transaction: true,
      up: "create table users ()",
      down: "drop table users",
      verify: [
        { query: "select current_user is not null", expected: "t" },
        { query: "select count(*) from t", expected: "3" },
        { query: "select current_schema()", expected: "x" },
      ],
      probe: { query: "select false", expected: "f" },
    });
  });

  test("gets the variables that its SQL reads as settings", () => {
    // WHEN
    const stack = sql({ up: "select set_owner(current_setting('sterna.OWNER'))" });
    // THEN
    expect(stepsOf(stack).step!.variables).toEqual({ OWNER: "shop_owner" });
    expect(errorOf(() => sql({ down: "select current_setting( 'sterna.ONWER' )" })).code).toBe("UnknownVariable");
  });

  test("takes a statement that needs no transaction alone", () => {
    // GIVEN
    const props = { up: "create index concurrently i on users (id)", down: "drop index concurrently i" };
    // THEN
    expect(errorOf(() => sql(props)).code).toBe("SqlNotTransactional");
    expect(programOf(sql({ ...props, transaction: false }), "step").transaction).toBe(false);
  });

  test("waits for locks as long as it says", () => {
    expect(programOf(sql({ lockTimeout: Duration.milliseconds(500) }), "step").lockTimeout).toBe(0.5);
    expect(programOf(sql({ lockTimeout: Duration.seconds(0) }), "step").lockTimeout).toBe(0);
  });

  test("may set what its only statement needs, without a transaction", () => {
    // GIVEN
    const up = "set lock_timeout = '2s'; reset work_mem; create index concurrently i on users (id)";
    const down = "drop index concurrently i";
    // THEN
    expect(programOf(sql({ transaction: false, up, down }), "step").up).toBe(up);
    const two = { transaction: false, down, up: `${up}; vacuum users` };
    expect(errorOf(() => sql(two)).code).toBe("SqlSeveralStatements");
    const local = { transaction: false, down, up: "set local lock_timeout = 1; vacuum users" };
    expect(errorOf(() => sql(local)).code).toBe("SqlSeveralStatements");
  });

  test.each<[string, Partial<SqlStepProps>, string, RegExp]>([
    ["no way back", { down: undefined }, "StepNotReversible", /write `down`, or `irreversible: "<why/],
    [
      "two answers to how it is undone",
      { irreversible: "no" },
      "StepReversibleAndIrreversible",
      /`irreversible` says "no"/,
    ],
    ["nothing to verify", { verify: [] }, "StepNotVerified", /`verify` is empty/],
    [
      "no expected answer",
      { verify: [{ query: "select x from t" } as never] },
      "StepNotVerified",
      /got {"query":"select x from t"}/,
    ],
    ["no query", { verify: [{ query: " ", expected: 1 }] }, "StepNotVerified", /needs a query/],
    ["a transaction of its own", { up: "begin; select 1; commit" }, "SqlControlsTransaction", /^`up` has "begin"/],
    ["a psql command to undo it", { down: "\\connect x" }, "SqlClientCommand", /^`down` has a command of psql/],
    [
      "two questions in one",
      { probe: { query: "select 1; select 2", expected: 1 } },
      "SqlSeveralStatements",
      /has 2 statements/,
    ],
    ["nothing to do", { up: "" }, "InvalidStep", /up: /],
  ])("refuses %s", (_what, props, code, message) => {
    // WHEN
    const error = errorOf(() => sql(props));
    // THEN
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/\[at shop-development\/first\/step\]$/);
  });

  test("goes without `down` where a reason is given", () => {
    // WHEN
    const stack = sql({ down: undefined, irreversible: "the column is dropped" });
    // THEN
    expect(programOf(stack, "step")).not.toHaveProperty("down");
    expect(stepsOf(stack).step!.irreversible).toBe("the column is dropped");
  });
});

describe("CommandStep", () => {
  const command = (props: Partial<CommandStepProps>) =>
    stackWith(
      (m) =>
        new CommandStep(m, "step", { up: "true", down: "true", verify: [{ query: "echo 1", expected: 1 }], ...props }),
    );

  test("runs the text that a file had at synth", () => {
    // GIVEN
    const file = join(directory, "convert.sh");
    writeFileSync(file, "convert ${DATA}\n");
    // WHEN
    const stack = command({
      up: Script.fromFile(file),
      environmentVariables: { OWNER: variable("OWNER") },
      directory: "/srv",
    });
    writeFileSync(file, "something else");
    // THEN
    expect(programOf(stack, "step")).toMatchObject({
      kind: "command",
      up: "convert ${DATA}\n",
      directory: "/srv",
      environment: { OWNER: { variable: "OWNER" } },
      interpreter: ["bash", "-euo", "pipefail"],
      verify: [{ query: "echo 1", expected: "1" }],
    });
  });

  test("a script that is not there is an error at synth", () => {
    expect(errorOf(() => Script.fromFile("missing.sh"))).toMatchObject({
      code: "FileUnreadable",
      message: expect.stringMatching(/the script missing\.sh cannot be read/),
    });
  });

  test("runs the same text whatever a checkout made of its line ends, and without a byte order mark", () => {
    // GIVEN
    const file = join(directory, "windows.sql");
    writeFileSync(file, "\ufeffcreate table t ();\r\nselect 'a\rb';\r\n");
    // THEN
    expect(Script.fromFile(file)).toBe("create table t ();\nselect 'a\rb';\n");
  });

  test.each([
    ["Latin-1", Buffer.from("insert into t values ('Jos\xe9')", "latin1")],
    ["UTF-16 with a byte order mark", Buffer.from("\ufeffselect 1", "utf16le")],
    ["UTF-16 without one", Buffer.from("select 1", "utf16le")],
  ])("refuses a file that is %s", (_what, content) => {
    // GIVEN
    const file = join(directory, "encoded.sql");
    writeFileSync(file, content);
    // THEN
    expect(errorOf(() => Script.fromFile(file))).toMatchObject({
      code: "FileNotUtf8",
      message: `the script ${file} is not UTF-8; save it as UTF-8`,
    });
  });

  test.each<[string, Partial<CommandStepProps>, string]>([
    ["up", { up: "curl http://x" }, "CurlIgnoresHttpErrors"],
    ["down", { down: "rm -rf /srv" }, "RemovesOutsideDirectory"],
    ["verify", { verify: [{ query: "ls | wc -l", expected: 3 }] }, "VerifyCountsLines"],
    ["probe", { probe: { query: "redis-cli GET x", expected: 1 } }, "RedisCliIgnoresErrors"],
    ["a shell of its own", { interpreter: ["/bin/sh", "-eu"], up: "docker-compose up" }, "ComposeVersionOne"],
  ])("refuses a known mistake in %s, and says how to acknowledge it", (_what, props, code) => {
    expect(errorOf(() => command(props))).toMatchObject({
      code,
      message: expect.stringContaining(`acknowledge: { ${code}: "<reason>" }`),
    });
  });

  test("an acknowledged mistake becomes a warning with its reason", () => {
    // WHEN
    const stack = command({ up: "curl http://x", acknowledge: { CurlIgnoresHttpErrors: "the status is read below" } });
    // THEN
    const { metadata } = stack.node.findChild("first").node.findChild("step").node;
    const warnings = metadata.filter(({ type }) => type === "@cdktf/warn").map(({ data }) => data);
    expect(warnings).toEqual([
      expect.stringMatching(/^CurlIgnoresHttpErrors: .*Acknowledged: the status is read below$/),
    ]);
  });

  test("an empty reason acknowledges nothing", () => {
    expect(errorOf(() => command({ up: "curl x", acknowledge: { CurlIgnoresHttpErrors: " " } })).code).toBe(
      "CurlIgnoresHttpErrors",
    );
  });

  test("acknowledging what is not found is refused", () => {
    expect(errorOf(() => command({ acknowledge: { CurlIgnoresHttpErrors: "old" } }))).toMatchObject({
      code: "NothingToAcknowledge",
      message: expect.stringMatching(/names CurlIgnoresHttpErrors/),
    });
  });

  test("a script for another interpreter is not read as shell", () => {
    expect(programOf(command({ interpreter: ["python3"], up: "curl = 1" }), "step").interpreter).toEqual(["python3"]);
  });

  test("it needs a way back or a reason", () => {
    expect(errorOf(() => command({ down: undefined })).code).toBe("StepNotReversible");
    expect(errorOf(() => command({ irreversible: "no" })).code).toBe("StepReversibleAndIrreversible");
  });
});

test("DocumentsStep says which field of a document names its row", () => {
  // WHEN
  const stack = stackWith(
    (m) =>
      new DocumentsStep(m, "step", { directory: "/srv/projects", database: DATABASE, table: "projects", key: "id" }),
  );
  // THEN
  expect(programOf(stack, "step")).toEqual({
    kind: "documents",
    directory: "/srv/projects",
    suffix: ".json",
    database: { env: "DATABASE_URL" },
    table: "projects",
    key: "id",
  });
});

test("DocumentsStep refuses a table that would have to be quoted", () => {
  expect(
    errorOf(() =>
      stackWith(
        (m) => new DocumentsStep(m, "step", { directory: "/a", database: DATABASE, table: 'x"; drop', key: "id" }),
      ),
    ),
  ).toMatchObject({ code: "InvalidStep", message: expect.stringMatching(/table: /) });
});

test("EnvFileStep says what is renamed, set, removed and required", () => {
  // WHEN
  const stack = stackWith(
    (m) =>
      new EnvFileStep(m, "step", {
        from: "/srv/.env",
        to: "/srv/.env.v1",
        rename: { DB_URL: "DATABASE_URL" },
        set: { STORAGE_BACKEND: "s3", SECRET_KEY: SecretReference.environment("SECRET_KEY") },
        remove: ["DEBUG"],
        required: ["DATABASE_URL"],
      }),
  );
  // THEN
  expect(programOf(stack, "step")).toEqual({
    kind: "env",
    from: "/srv/.env",
    to: "/srv/.env.v1",
    rename: { DB_URL: "DATABASE_URL" },
    set: { STORAGE_BACKEND: "s3", SECRET_KEY: { env: "SECRET_KEY" } },
    remove: ["DEBUG"],
    required: ["DATABASE_URL"],
  });
});

test("HttpStep asks ten times, three seconds apart, unless it is told otherwise", () => {
  // GIVEN
  const ask = (props: object) =>
    programOf(
      stackWith((m) => new HttpStep(m, "step", { url: "http://127.0.0.1/health", ...props })),
      "step",
    );
  // THEN
  expect(ask({})).toEqual({
    kind: "http",
    url: "http://127.0.0.1/health",
    status: 200,
    verify: [],
    attempts: 10,
    interval: 3,
  });
  expect(
    ask({ status: 204, attempts: 2, interval: Duration.milliseconds(500), verify: [{ query: "/ok", expected: true }] }),
  ).toMatchObject({ status: 204, attempts: 2, interval: 0.5, verify: [{ query: "/ok", expected: "true" }] });
});

test("HttpStep refuses attempts and status codes that there are none of", () => {
  const ask = (props: object) =>
    errorOf(() => stackWith((m) => new HttpStep(m, "step", { url: "http://x", ...props })));
  expect(ask({ attempts: 0 }).code).toBe("InvalidStep");
  expect(ask({ status: 42 }).code).toBe("InvalidStep");
  expect(ask({ verify: [] }).code).toBe("StepNotVerified");
});

test("ArchiveStep keeps its archive when it is taken out, unless it is told otherwise", () => {
  // GIVEN
  const archive = (props: object) =>
    stackWith(
      (m) =>
        new ArchiveStep(m, "step", { sources: ["/srv/data", variable("OWNER")], directory: "/srv/backup", ...props }),
    );
  // THEN
  expect(programOf(archive({}), "step")).toEqual({
    kind: "archive",
    sources: ["/srv/data", { variable: "OWNER" }],
    directory: "/srv/backup",
  });
  expect(stepsOf(archive({})).step!.on_destroy).toBe("keep");
  expect(stepsOf(archive({ onDestroy: "rollback" })).step!.on_destroy).toBe("rollback");
  expect(errorOf(() => archive({ sources: [] })).code).toBe("InvalidStep");
});
