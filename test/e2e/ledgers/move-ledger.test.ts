import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ledger } from "../../../lib/engine/ledgers/ledger";
import type { LedgerConfig } from "../../../lib/manifest/ledger-config";
import { moveLedger } from "../../../lib/engine/ledgers/move-ledger";
import { openLedger } from "../../../lib/engine/ledgers/open-ledger";
import { program } from "../../support/program";
import type { StepRecord } from "../../../lib/manifest/step-record";
import { startAwsStandIn, type AwsStandIn } from "../../../lib/testing/aws/stand-in";
import { startGcsContractModel, type GcsContractModel } from "../../support/gcs-contract-model";
import { record } from "../../support/ledger-record";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { requires } from "../../support/requirements";

const KINDS = ["file", "postgres", "s3", "gcs"] as const;
const PLACE = { system: "shop", environment: "staging", directory: "." };

/** A row of a step that changes no database. */
const commandRow = (id: string, change: Partial<StepRecord> = {}): StepRecord =>
  record(id, {
    program: program.parse({ kind: "command", up: "true", verify: [{ query: "true", expected: "" }] }),
    ...change,
  });

requires("moto_server", "postgres")("moving a ledger", () => {
  let aws: AwsStandIn;
  let gcs: GcsContractModel;
  let postgres: PostgresServer;
  let s3: S3Client;
  let directory: string;
  let tests = 0;
  const before = { ...process.env };
  const opened: Ledger[] = [];

  beforeAll(async () => {
    [aws, gcs, postgres] = await Promise.all([startAwsStandIn(), startGcsContractModel(), startPostgres()]);
    Object.assign(process.env, aws.environment, { STORAGE_EMULATOR_HOST: gcs.endpoint });
    s3 = new S3Client({ endpoint: aws.endpoint, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "tern-ledger" }));
    process.env["MOVE_LEDGER_URL"] = await postgres.createDatabase("move_ledger");
  }, 180_000);
  afterAll(async () => {
    process.env = before;
    s3.destroy();
    await Promise.all([aws.stop(), gcs.stop(), postgres.stop()]);
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sterna-move-"));
    tests += 1;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((ledger) => ledger.close()));
    rmSync(directory, { recursive: true, force: true });
  });

  /** A ledger of a kind in a place of its own for each test. */
  const open = (kind: LedgerConfig["kind"], name: string): Ledger => {
    const configs: Record<LedgerConfig["kind"], LedgerConfig> = {
      file: { kind: "file", directory: join(directory, name) },
      postgres: { kind: "postgres", url: { env: "MOVE_LEDGER_URL" }, schema: `${name}_${tests}` },
      s3: { kind: "s3", bucket: "tern-ledger", prefix: `${name}/${tests}/` },
      gcs: { kind: "gcs", bucket: "tern-ledger", prefix: `${name}/${tests}/` },
    };
    const ledger = openLedger(configs[kind], PLACE);
    opened.push(ledger);
    return ledger;
  };
  const fill = async (ledger: Ledger, rows: readonly StepRecord[]): Promise<void> => {
    for (const row of rows) await ledger.withLock(row.id, (session) => session.put(row));
  };
  const homeless = () => undefined;
  const ROWS = [
    commandRow("a"),
    commandRow("b", { status: "failed", partial: true, error: "é\u0000", startedAt: "2026-01-02T00:00:00.000Z" }),
  ];

  it.each(KINDS.flatMap((from) => KINDS.map((to) => [from, to] as const)))(
    "copies every row from %s to %s, exactly as it was, and leaves the old ledger alone",
    async (fromKind, toKind) => {
      // GIVEN
      const [from, to] = [open(fromKind, "old"), open(toKind, "new")];
      await fill(from, ROWS);

      // WHEN
      const move = await moveLedger(from, to, homeless);

      // THEN
      expect(move).toEqual({ copied: ["a", "b"], present: [], receipts: [], stale: [] });
      expect(await to.list()).toEqual(ROWS);
      expect(await from.list()).toEqual(ROWS);

      // AND moving again finds nothing left to do
      expect(await moveLedger(from, to, homeless)).toMatchObject({ copied: [], present: ["a", "b"] });
    },
  );

  it("goes on where an earlier move was interrupted", async () => {
    // GIVEN
    const [from, to] = [open("file", "old"), open("s3", "new")];
    await fill(from, ROWS);
    await fill(to, [ROWS[0]!]);

    // WHEN
    const move = await moveLedger(from, to, homeless);

    // THEN
    expect(move).toMatchObject({ copied: ["b"], present: ["a"] });
    expect(await to.list()).toEqual(ROWS);
  });

  it.each([
    ["a step that the old one does not hold", commandRow("z")],
    ["the same step with another outcome", commandRow("a", { attempt: 7 })],
  ])("refuses a ledger that holds %s, and copies nothing", async (_, row) => {
    // GIVEN
    const [from, to] = [open("file", "old"), open("gcs", "new")];
    await fill(from, ROWS);
    await fill(to, [row]);

    // WHEN
    const moving = moveLedger(from, to, homeless);

    // THEN
    await expect(moving).rejects.toMatchObject({ code: "LedgerNotEmpty" });
    await expect(moving).rejects.toThrow(row.id);
    expect(await to.list()).toEqual([row]);
  });

  it.each(["running", "undoing"] as const)("refuses while a step is %s, and copies nothing", async (status) => {
    // GIVEN
    const [from, to] = [open("file", "old"), open("s3", "new")];
    await fill(from, [ROWS[0]!, commandRow("b", { status })]);

    // WHEN
    const moving = moveLedger(from, to, homeless);

    // THEN
    await expect(moving).rejects.toMatchObject({ code: "LedgerBusy" });
    await expect(moving).rejects.toThrow(`b (${status})`);
    expect(await to.list()).toEqual([]);
  });

  it.each(KINDS)("refuses at once when somebody works on a step of a %s ledger", async (kind) => {
    // GIVEN
    const [from, to] = [open(kind, "old"), open("file", "new")];
    await fill(from, ROWS);

    // WHEN
    const moving = from.withLock("b", () => moveLedger(from, to, homeless));

    // THEN
    await expect(moving).rejects.toMatchObject({ code: "LedgerBusy" });
    await expect(moving).rejects.toThrow('works on step "b"');
  });

  it("notices a row that was written while it copied", async () => {
    // GIVEN
    const [from, to] = [open("file", "old"), open("file", "new")];
    await fill(from, ROWS);
    let lists = 0;
    const watched: Ledger = Object.create(from, {
      list: {
        value: async () => {
          // Between the copies and the last look.
          if (++lists === 2) await fill(from, [commandRow("c")]);
          return from.list();
        },
      },
    });

    // WHEN
    const moving = moveLedger(watched, to, homeless);

    // THEN
    await expect(moving).rejects.toMatchObject({ code: "LedgerBusy" });
    await expect(moving).rejects.toThrow("c");
  });

  it("copies what the database says of a step that changes it, and leaves stale receipts behind", async () => {
    // GIVEN receipts of three steps: one is true, one is behind its database, one was rolled back there
    const home = open("postgres", "home");
    const [from, to] = [open("file", "old"), open("s3", "new")];
    await fill(home, [record("a"), record("b", { attempt: 2 })]);
    await fill(from, [record("a"), record("b"), record("c"), commandRow("d")]);
    const homeOf = (row: StepRecord) => (row.program.kind === "sql" ? home : undefined);

    // WHEN
    const move = await moveLedger(from, to, homeOf);

    // THEN
    expect(move).toEqual({ copied: ["a", "b", "d"], present: [], receipts: ["a", "b"], stale: ["c"] });
    expect((await to.get("b"))?.attempt).toBe(2);
    expect(await to.get("c")).toBeUndefined();
  });

  it("moves into the very table where steps keep their own rows, and changes none of those", async () => {
    // GIVEN a row there that the old ledger knows, and one that it does not
    const home = open("postgres", "home");
    const from = open("file", "old");
    await fill(home, [record("a", { attempt: 3 }), record("b")]);
    await fill(from, [record("a"), commandRow("d")]);
    const homeOf = (row: StepRecord) => (row.program.kind === "sql" ? home : undefined);

    // WHEN
    const move = await moveLedger(from, home, homeOf);

    // THEN
    expect(move).toEqual({ copied: ["d"], present: ["a"], receipts: ["a"], stale: [] });
    expect(await home.list()).toEqual([record("a", { attempt: 3 }), record("b"), commandRow("d")]);
  });
});
