import type { CheckResult } from "../../../lib/manifest/step-checks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Client } from "pg";
import { documentsKind } from "../../../lib/steps/documents/kind";
import { documentsProgram } from "../../../lib/steps/documents/program";
import { writeFiles } from "../../support/nasty-files";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { requires } from "../../support/requirements";
import { stepContext, type RecordingContext } from "../../support/step-context";

const STEP = "projects-into-postgresql";

/** Documents whose text JavaScript would not give back. */
const PROJECTS: Readonly<Record<string, string>> = {
  "a.json": '{"id": "alpha", "n": 12345678901234567890, "pi": 3.140, "e": 1E5}\n',
  ".hidden.json": '{"id":"hidden"}',
  "deep/er/b.json": '\n\t{ "b" : 1,\r\n "a" : 2, "id" : "beta" }  \n\n',
  "number.json": '{"id":90071992547409931234}',
  "unicode.json": '{"id":"t\\u00f6ne 🐦","composed":"caf\u00e9","decomposed":"cafe\u0301"}',
  "newline\nname 'quoted' \"twice\".json": '{"id":"quote \' \\" \\\\ {} , NULL"}',
  "twice.json": '{"id":"first","id":"the last one counts","x":[]}',
  "large.json": JSON.stringify({ id: "large", text: "x".repeat(3_000_000) }),
};

requires("postgres")("documents into rows", () => {
  let postgres: PostgresServer;
  let client: Client;
  let url: string;
  let directory: string;
  let databases = 0;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "sterna-documents-"));
    url = await postgres.createDatabase(`documents_${databases++}`);
    client = new Client({ connectionString: url });
    await client.connect();
    await client.query(
      "create table projects (key text primary key, document json, sha256 text, path text, imported_by text, note text)",
    );
  });
  afterEach(async () => {
    await client?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  const program = (more: object = {}) =>
    documentsProgram.parse({
      kind: "documents",
      directory,
      database: { env: "URL" },
      table: "projects",
      key: "id",
      ...more,
    });

  /** As the executor does: the change, its verification and the ledger row in one transaction. */
  async function transaction<T>(work: () => Promise<T>): Promise<T> {
    await client.query("begin");
    try {
      const result = await work();
      await client.query("commit");
      return result;
    } catch (error) {
      await client.query("rollback");
      throw error;
    }
  }
  const up = (context: RecordingContext = stepContext(STEP), more = {}) =>
    transaction(() => documentsKind.up(program(more), { ...context, client }));
  const verify = (artifact: Awaited<ReturnType<typeof up>>) =>
    documentsKind.verify(program(), { ...stepContext(STEP), client }, artifact);
  const down = () => transaction(() => documentsKind.down(program(), { ...stepContext(STEP), client }, undefined));
  const count = async (): Promise<number> =>
    Number((await client.query("select count(*) from projects")).rows[0].count);

  test("arrive byte for byte under the keys that PostgreSQL reads, and go away again", async () => {
    // GIVEN
    writeFiles(directory, { ...PROJECTS, "not a document.txt": "{" });
    // WHEN
    const artifact = await up();
    // THEN
    const { rows } = await client.query(
      "select key, document::text, path, sha256, imported_by from projects order by path",
    );
    expect(Object.fromEntries(rows.map(({ path, document }) => [path, document]))).toEqual(PROJECTS);
    expect(rows.map(({ key }) => key).sort()).toEqual(
      [
        "alpha",
        "hidden",
        "beta",
        "90071992547409931234",
        "töne 🐦",
        "quote ' \" \\ {} , NULL",
        "the last one counts",
        "large",
      ].sort(),
    );
    for (const row of rows) {
      expect(row.sha256).toBe(createHash("sha256").update(PROJECTS[row.path]!).digest("hex"));
      expect(row.imported_by).toBe(STEP);
    }
    const bytes = Object.values(PROJECTS).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(artifact).toEqual({ documents: 8, bytes, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(failed(await verify(artifact))).toEqual([]);
    expect(await documentsKind.probe!(program(), { ...stepContext(STEP), client })).toBe(true);
    // WHEN
    await down();
    await down();
    // THEN
    expect(await count()).toBe(0);
    expect(await documentsKind.probe!(program(), { ...stepContext(STEP), client })).toBe(false);
  });

  test("any JSON that a program writes arrives with an equal digest, whatever its keys sort like", async () => {
    const documents = fc.uniqueArray(fc.tuple(fc.string({ unit: "grapheme", minLength: 1 }), fc.json()), {
      selector: ([key]) => key,
      minLength: 1,
      maxLength: 40,
    });
    const valid = documents.map((pairs) =>
      pairs.filter(([key, value]) => !`${key}${value}`.includes("\\u") && !key.includes("\0")),
    );
    await fc.assert(
      fc.asyncProperty(valid, async (pairs) => {
        fc.pre(pairs.length > 0);
        rmSync(directory, { recursive: true });
        writeFiles(directory, Object.fromEntries(pairs.map(([key, value], n) => [`${n}.json`, `{"id":${JSON.stringify(key)},"v":${value}}`]))); // prettier-ignore
        const artifact = await up();
        expect(failed(await verify(artifact))).toEqual([]);
        expect(artifact?.["documents"]).toBe(pairs.length);
        await down();
      }),
      { numRuns: 30 },
    );
  });

  test("more documents than one batch has, with progress", async () => {
    for (let n = 0; n < 1203; n++) writeFileSync(join(directory, `${n}.json`), `{"id":${n}}`);
    const context = stepContext(STEP);
    await up(context);
    expect(context.messages).toEqual([
      "500/1203 documents",
      "1000/1203 documents",
      "1203/1203 documents",
      expect.any(String),
    ]);
    expect(await count()).toBe(1203);
  });

  describe("that cannot become rows", () => {
    const bad: Readonly<Record<string, [string | Uint8Array, RegExp]>> = {
      "bom.json": ["\ufeff{}", /starts with a byte order mark/],
      "latin1.json": [Uint8Array.of(0x22, 0xe4, 0x22), /is not UTF-8/],
      "nul.json": ['{"id":"a\0b"}', /holds a NUL byte/],
      "escaped-nul.json": ['{"id":"x","v":"\\u0000"}', /unsupported Unicode escape sequence/],
      "empty.json": ["", /is empty/],
      "blank.json": ["\n \n", /is empty/],
      "broken.json": ['{\n"secret": 1,}', /invalid input syntax for type json, line 2/],
      "two.json": ['{"id":"1"}{"id":"2"}', /invalid input syntax for type json/],
      "keyless.json": ['{"name":"x"}', /has no field "id"/],
      "null.json": ['{"id":null}', /has no field "id"/],
      "blank-key.json": ['{"id":""}', /has no field "id"/],
      "array.json": ['[{"id":"x"}]', /has no field "id"/],
      "object-key.json": ['{"id":{}}', /its field "id" is of type object/],
      "boolean-key.json": ['{"id":true}', /its field "id" is of type boolean/],
      "deep.json": [`${"[".repeat(100_000)}${"]".repeat(100_000)}`, /stack depth limit exceeded/],
    };

    test.each(Object.entries(bad))("%s is refused", async (name, [content, message]) => {
      writeFiles(directory, { "right.json": '{"id":"right"}', [name]: content });
      await expect(up()).rejects.toMatchObject({ code: "DocumentsInvalid", message: expect.stringMatching(message) });
      expect(await count()).toBe(0);
    });

    test("are all named at once, without what is in them, and nothing is written", async () => {
      writeFiles(directory, { ...Object.fromEntries(Object.entries(bad).map(([name, [content]]) => [name, content])), ...PROJECTS }); // prettier-ignore
      const error = await up().then(() => undefined, (thrown: Error) => thrown); // prettier-ignore
      expect(error?.message).toMatch(/^15 of 23 files in .* cannot become rows; nothing was written:\n/);
      for (const [name, [, message]] of Object.entries(bad)) {
        const line = error?.message.split("\n").find((text) => text.startsWith(`${name}:`));
        expect(line).toMatch(message);
      }
      expect(error?.message).not.toContain("secret");
      expect(await count()).toBe(0);
    });

    test("are named up to twenty", async () => {
      for (let n = 0; n < 30; n++) writeFileSync(join(directory, `${n}.json`), "{");
      await expect(up()).rejects.toThrow(/^30 of 30 files[^]* and 10 more$/);
    });

    test("share a key with another one, in another notation too", async () => {
      writeFiles(directory, { "a.json": '{"id":"x"}', "b.json": '{"id":"\\u0078"}' });
      await expect(up()).rejects.toThrow(/b\.json: has the key "x" of a\.json/);
    });
  });

  test("a symbolic link, no documents at all, and no directory are errors", async () => {
    await expect(up()).rejects.toMatchObject({ code: "SourceEmpty" });
    symlinkSync("/etc/hostname", join(directory, "link.json"));
    await expect(up()).rejects.toMatchObject({ code: "SourceRefused" });
    await expect(up(undefined, { directory: "/nonexistent" })).rejects.toMatchObject({ code: "SourceMissing" });
  });

  test("a table that does not fit is refused with the statement that creates one", async () => {
    writeFiles(directory, PROJECTS);
    const ddl = /CREATE TABLE (\w+) \(key text PRIMARY KEY, document json NOT NULL, .*imported_by text NOT NULL\);$/;
    await expect(up(undefined, { table: "missing" })).rejects.toMatchObject({
      code: "TableUnsuitable",
      message: expect.stringMatching(/^the table missing does not exist/),
    });
    await client.query("create table wrong (key text, document jsonb, sha256 text, path text)");
    await expect(up(undefined, { table: "wrong" })).rejects.toThrow(
      /document is jsonb instead of json, imported_by is missing instead of text, key is no primary key/,
    );
    // WHEN the statement of the message is run, THEN the table fits
    const error = await up(undefined, { table: "missing" }).then(() => undefined, (thrown: Error) => thrown); // prettier-ignore
    await client.query(ddl.exec(error!.message)![0]);
    await expect(up(undefined, { table: "missing" })).resolves.toBeDefined();
  });

  test("a table in a schema, with a reserved word as its name", async () => {
    writeFiles(directory, PROJECTS);
    await client.query('create schema app; create table app."user" (like projects including all)');
    await up(undefined, { table: "app.user" });
    expect((await client.query('select count(*)::int from app."user"')).rows).toEqual([{ count: 8 }]);
  });

  test("keys that are taken are refused: with other content, and by somebody else", async () => {
    writeFiles(directory, { "a.json": '{"id":"a"}', "b.json": '{"id":"b"}', "c.json": '{"id":"c"}' });
    await client.query(
      `insert into projects (key, document, imported_by) values ('a', '{"id":"a" }', '${STEP}'), ('b', '{"id":"b"}', null)`,
    );
    await expect(up()).rejects.toMatchObject({
      code: "TargetConflict",
      message: expect.stringMatching(
        /^2 keys of projects are taken: a \(other content, .*\), b \(same content, imported by nobody\)/,
      ),
    });
    expect(await count()).toBe(2);
  });

  test("rows that the step imported before, and that are right, are kept when it runs again", async () => {
    writeFiles(directory, PROJECTS);
    const first = await up();
    writeFiles(directory, { "new.json": '{"id":"new"}' });
    expect(await documentsKind.probe!(program(), { ...stepContext(STEP), client })).toBe(false);
    const second = await up();
    expect(second?.["documents"]).toBe(Number(first?.["documents"]) + 1);
    expect(failed(await verify(second))).toEqual([]);
  });

  test("a document that changes between the look and the writing is found, and nothing is written", async () => {
    // GIVEN two batches, and a file of the second that changes while the first is written
    for (let n = 0; n < 600; n++) writeFileSync(join(directory, `${String(n).padStart(3, "0")}.json`), `{"id":${n}}`);
    const context = stepContext(STEP);
    const meddling = { ...context, progress: () => writeFileSync(join(directory, "599.json"), '{"id":599 }') };
    await expect(up(meddling)).rejects.toMatchObject({
      code: "SourceChanged",
      message: expect.stringContaining("599.json"),
    });
    expect(await count()).toBe(0);
  });

  test("a step that is stopped leaves nothing", async () => {
    for (let n = 0; n < 600; n++) writeFileSync(join(directory, `${n}.json`), `{"id":${n}}`);
    const stop = new AbortController();
    const reason = new Error("timeout");
    const context = { ...stepContext(STEP, { signal: stop.signal }), progress: () => stop.abort(reason) };
    await expect(up(context)).rejects.toBe(reason);
    expect(await count()).toBe(0);
  });

  test("a dead connection in the middle leaves nothing", async () => {
    for (let n = 0; n < 600; n++) writeFileSync(join(directory, `${n}.json`), `{"id":${n}}`);
    const other = new Client({ connectionString: url });
    await other.connect();
    const victim = (await client.query("select pg_backend_pid() as pid")).rows[0].pid;
    client.on("error", () => undefined);
    const context = {
      ...stepContext(STEP),
      progress: () => void other.query("select pg_terminate_backend($1)", [victim]),
    };
    await expect(
      (async () => {
        await client.query("begin");
        await documentsKind.up(program(), { ...context, client });
        await other.query("select pg_sleep(0.2)");
        await client.query("commit");
      })(),
    ).rejects.toThrow();
    expect((await other.query("select count(*)::int as n from projects")).rows[0].n).toBe(0);
    await other.end();
  });

  describe("verify", () => {
    test("finds one changed byte, a missing and an extra row, by key", async () => {
      writeFiles(directory, PROJECTS);
      const artifact = await up();
      await client.query(
        `update projects set document = replace(document::text, '3.140', '3.14')::json where key = 'alpha'`,
      );
      await client.query("delete from projects where key = 'beta'");
      await client.query(`insert into projects (key, document, imported_by) values ('extra', '{}', '${STEP}')`);
      const results = await verify(artifact);
      expect(failed(results)).toHaveLength(3); // rows are as many as before
      expect(results.at(-1)).toMatchObject({ expected: "none", actual: "alpha, beta, extra" });
    });

    test("does not believe the column sha256", async () => {
      writeFiles(directory, { "a.json": '{"id":"a"}' });
      const artifact = await up();
      await client.query(`update projects set document = '{"id":"b"}', sha256 = encode(sha256('{"id":"b"}'), 'hex')`);
      expect(failed(await verify(artifact))).not.toEqual([]);
    });

    test("finds a source that was edited since", async () => {
      writeFiles(directory, PROJECTS);
      const artifact = await up();
      writeFiles(directory, { "a.json": '{"id": "alpha"}' });
      expect((await verify(artifact)).at(-1)?.actual).toBe("alpha");
    });

    test("compares with the artifact once the directory was retired", async () => {
      writeFiles(directory, PROJECTS);
      const artifact = await up();
      const retired = program({ directory: join(directory, "retired") });
      const look = () => documentsKind.verify(retired, { ...stepContext(STEP), client }, artifact);
      expect(failed(await look())).toEqual([]);
      await client.query("delete from projects where key = 'beta'");
      expect(failed(await look())).toHaveLength(3);
    });
  });

  describe("down", () => {
    test("refuses to delete what was changed since, names it, and then deletes nothing", async () => {
      writeFiles(directory, PROJECTS);
      await up();
      await client.query(`update projects set document = '{"id":"alpha","edited":true}' where key = 'alpha'`);
      await expect(down()).rejects.toMatchObject({
        code: "RollbackFailed",
        message: expect.stringMatching(
          /^1 rows of projects were changed since they were imported, and would be lost: alpha\. /,
        ),
      });
      expect(await count()).toBe(8);
      // WHEN the person does what the message says
      await client.query("update projects set imported_by = 'kept' where key = 'alpha'");
      await down();
      // THEN
      expect((await client.query("select key from projects")).rows).toEqual([{ key: "alpha" }]);
    });

    test("leaves rows of others, and needs neither the directory nor the table", async () => {
      writeFiles(directory, PROJECTS);
      await up();
      await client.query("insert into projects (key, document) values ('new', '{}')");
      rmSync(directory, { recursive: true });
      await down();
      expect((await client.query("select key from projects")).rows).toEqual([{ key: "new" }]);
      expect(await documentsKind.probe!(program(), { ...stepContext(STEP), client })).toBe(false);
      await client.query("drop table projects");
      await down();
    });
  });
});

function failed(results: readonly CheckResult[]): string[] {
  return results.filter(({ expected, actual }) => expected !== actual).map(({ query }) => query);
}
