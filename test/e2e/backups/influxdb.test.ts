import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type BackupWorkplace, backupWorkplace, flipByte, truncate } from "../../support/backup-workplace";
import { type InfluxTestServer, startInfluxdb } from "../../support/influxdb";
import { requires } from "../../support/requirements";

requires("influxdb")("backups of InfluxDB 1.x", () => {
  let server: InfluxTestServer;
  let place: BackupWorkplace;
  beforeAll(async () => {
    server = await startInfluxdb();
    await server.query("CREATE DATABASE metrics");
    await server.query('CREATE RETENTION POLICY "year" ON metrics DURATION 52w REPLICATION 1');
    const now = Date.now();
    await server.write(
      "metrics",
      Array.from({ length: 300 }, (_, i) => `cpu,host=h${i % 3} value=${i},idle=1i ${now - i * 1000}000000`),
    );
  }, 60_000);
  afterAll(() => server.stop());

  const part = (more: object = {}) => ({
    kind: "influxdb",
    id: "metrics",
    url: server.url,
    backupAddress: server.backupAddress,
    database: "metrics",
    username: server.username,
    password: { env: "INFLUX_PASSWORD" },
    ...more,
  });
  beforeEach(() => {
    place = backupWorkplace({ INFLUX_PASSWORD: server.password });
    place.plan([part()]);
  });
  afterEach(() => place.remove());

  test("hold every value, are tried in a server of their own, and restored as a new database", async () => {
    // GIVEN
    const { id, manifest } = await place.take();
    expect(manifest.parts[0]!.counts).toEqual({ "autogen.cpu.idle": 300, "autogen.cpu.value": 300 });
    // WHEN
    const drill = await place.run(["drill"]);
    const restored = await place.run(["restore", "--auto-approve"]);
    // THEN InfluxDB 1.x renames nothing, so the live database stays, and the person is told what to do
    expect([drill.status, restored.status]).toEqual([0, 0]);
    const fresh = `metrics_${id.toLowerCase()}`;
    const count = await server.query("SELECT count(value) FROM cpu", fresh);
    expect(count.series![0]!.values[0]![1]).toBe(300);
    expect(restored.json()).toMatchObject({
      restored: [{ place: `database ${fresh} of InfluxDB`, note: expect.stringContaining(fresh) }],
    });
    await server.query(`DROP DATABASE "${fresh}"`);
  }, 60_000);

  test.each([
    ["one changed byte", flipByte],
    ["a cut off end", truncate],
  ])("are refused with %s", async (_what, damage) => {
    const { folder } = await place.take();
    const data = readdirSync(join(folder, "metrics")).find((name) => name.endsWith(".tar.gz"))!;
    damage(join(folder, "metrics", data));
    const result = await place.run(["drill"]);
    expect(result.status).toBe(1);
    expect(result.json()).toMatchObject({ error: { code: "BackupCorrupt" } });
  });

  test("fail loudly when the password is wrong, the database is not there or holds nothing", async () => {
    const wrong = await place.run(["run"], { INFLUX_PASSWORD: "wr0ng" });
    expect(wrong.json()).toMatchObject({
      error: { code: "BackupFailed", message: expect.stringContaining("authorization failed") },
    });
    place.plan([part({ database: "nowhere" })]);
    const absent = await place.run(["run"]);
    expect(absent.json()).toMatchObject({
      error: { code: "BackupFailed", message: expect.stringContaining("database not found") },
    });
    await server.query("CREATE DATABASE nothing");
    place.plan([part({ database: "nothing" })]);
    const empty = await place.run(["run"]);
    expect(empty.json()).toMatchObject({ error: { code: "BackupEmpty" } });
    expect([wrong.status, absent.status, empty.status]).toEqual([1, 1, 1]);
  });
});
