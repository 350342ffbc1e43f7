import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "dotenv";
import { envKind } from "../../../lib/steps/env-file/kind";
import { envProgram } from "../../../lib/steps/env-file/program";
import { stepContext } from "../../support/step-context";

const SECRET = "postgresql://app:p$$a#s'\"@host/db";

describe("a dotenv file from another one", () => {
  let directory: string;
  let from: string;
  let to: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sterna-env-"));
    from = join(directory, ".env");
    to = join(directory, ".env.v1");
    writeFileSync(from, `# app\nDATABASE_URL=\`${SECRET}\`\nOLD=1\nUNKNOWN='kept as it is'\n`);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const program = (more: object = {}) =>
    envProgram.parse({
      kind: "env",
      from,
      to,
      rename: { DATABASE_URL: "BACKEND_DATABASE_URL" },
      set: { STORAGE_BACKEND: "s3", BUCKET: { variable: "bucket" } },
      remove: ["OLD"],
      required: ["BACKEND_DATABASE_URL"],
      ...more,
    });
  const context = () => stepContext("env", { variables: { bucket: "app-ef-staging" } });

  test("is written, verified, and removed again; the source stays as it was", async () => {
    const before = readFileSync(from);
    // WHEN it is written
    const artifact = await envKind.up(program(), context());
    // THEN
    expect(parse(readFileSync(to))).toEqual({
      BACKEND_DATABASE_URL: SECRET,
      UNKNOWN: "kept as it is",
      STORAGE_BACKEND: "s3",
      BUCKET: "app-ef-staging",
    });
    expect(statSync(to).mode & 0o777).toBe(0o600);
    expect(artifact).toEqual({ variables: 4, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(failures(await envKind.verify(program(), context(), artifact))).toEqual([]);
    // WHEN it is undone, twice
    await envKind.down(program(), context(), artifact);
    await envKind.down(program(), context(), artifact);
    // THEN nothing is left
    expect(readdirSync(directory)).toEqual([".env"]);
    expect(readFileSync(from)).toEqual(before);
  });

  test("no value is ever said, in progress, results or errors", async () => {
    const said = context();
    const artifact = await envKind.up(program(), said);
    writeFileSync(to, "BACKEND_DATABASE_URL=edited-value\n");
    const results = await envKind.verify(program(), said, artifact);
    await envKind.down(program(), said, artifact);
    const clash = envKind.up(program({ rename: { DATABASE_URL: "UNKNOWN" }, required: [] }), said);
    const refusal = await clash.then(() => "", (error: Error) => error.message); // prettier-ignore
    const everything = JSON.stringify([said.messages, results, refusal, envKind.preview(program())]);
    expect(refusal).toContain("UNKNOWN");
    for (const value of [SECRET, "p$$a", "kept as it is", "edited-value"]) expect(everything).not.toContain(value);
  });

  test("what other readers would read differently is counted and named", async () => {
    writeFileSync(from, "DATABASE_URL=a#b\nDATABASE_URL=c$d\nstray words\nQUIET=1\n");
    const said = context();
    await envKind.up(program(), said);
    expect(said.messages).toEqual([
      "1 defined more than once, the last value counts: DATABASE_URL",
      "1 read differently by other dotenv readers: DATABASE_URL (# without quotes, $)",
      "1 lines that define nothing and are dropped: line 3",
      "1 to be renamed or removed, but not there: OLD",
    ]);
  });

  test("a crash after the file was written does not matter: up runs again, and down needs no artifact", async () => {
    await envKind.up(program(), context());
    await envKind.up(program(), context());
    await envKind.down(program(), context(), undefined);
    expect(readdirSync(directory)).toEqual([".env"]);
  });

  test("a file of somebody else is neither overwritten nor removed", async () => {
    writeFileSync(to, "PRECIOUS=1\n");
    await expect(envKind.up(program(), context())).rejects.toMatchObject({ code: "TargetConflict" });
    await envKind.down(program(), context(), undefined);
    expect(readFileSync(to, "utf8")).toBe("PRECIOUS=1\n");
  });

  test("a file that was edited since is found by verify and moved aside by down", async () => {
    const artifact = await envKind.up(program(), context());
    writeFileSync(to, `${readFileSync(to, "utf8").replace("BUCKET='app-ef-staging'\n", "")}ADDED=1\n`);
    expect(failures(await envKind.verify(program(), context(), artifact))).toEqual([
      expect.stringContaining("different variables of"),
    ]);
    const said = context();
    await envKind.down(program(), said, artifact);
    const aside = readdirSync(directory).find((name) => /^\.env\.v1\.edited-[0-9a-f]{8}$/.test(name));
    expect(readFileSync(join(directory, aside!), "utf8")).toContain("ADDED=1");
    expect(said.messages).toEqual([expect.stringContaining(aside!)]);
  });

  test("verify names the variables that differ, and the mode", async () => {
    const artifact = await envKind.up(program(), context());
    writeFileSync(to, "BACKEND_DATABASE_URL=x\nUNKNOWN='kept as it is'\nEXTRA=1\nSTORAGE_BACKEND=s3\n");
    chmodSync(to, 0o644);
    const results = await envKind.verify(program(), context(), artifact);
    expect(results.map(({ actual }) => actual)).toEqual(["4", "BACKEND_DATABASE_URL, BUCKET, EXTRA", "644"]);
  });

  test("once the old file was retired, verify compares with what was written then", async () => {
    const artifact = await envKind.up(program(), context());
    rmSync(from);
    expect(failures(await envKind.verify(program(), context(), artifact))).toEqual([]);
    writeFileSync(to, "A=1\n");
    expect(failures(await envKind.verify(program(), context(), artifact))).toHaveLength(1);
  });

  test("a file is never written over its source, not even through a link", async () => {
    await expect(envKind.up(program({ to: from }), context())).rejects.toThrow(/from and to are both/);
    symlinkSync(from, to);
    await expect(envKind.up(program(), context())).rejects.toThrow(/is a link to/);
  });

  test("a missing source is an error", async () => {
    rmSync(from);
    await expect(envKind.up(program(), context())).rejects.toMatchObject({ code: "SourceMissing" });
  });
});

function failures(results: readonly { query: string; expected: string; actual: string }[]): string[] {
  return results.filter(({ expected, actual }) => expected !== actual).map(({ query }) => query);
}
