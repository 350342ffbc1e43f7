import { describe, expect, it } from "@jest/globals";
import { copyFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { InfluxServer } from "../../../lib/backups/parts/influxdb-server";
import { keyspace, redisServerOf } from "../../../lib/backups/parts/redis-connection";
import { freePort } from "../../../lib/testing/postgres/free-port";
import { LoopbackServer } from "../../support/loopback-server";
import { startRedis } from "../../support/redis";
import { requires } from "../../support/requirements";
import { startServer } from "../../support/throw-away-server";

const KEYS = 3000;
/** A Redis that loads this many keys with this pause after each is busy for more than a second. */
const PAUSE_MICROSECONDS = 500;

requires("redis")("a Redis that loads its data", () => {
  it("is waited for, and then all keys are there", async () => {
    // GIVEN the data set of a server, which another one begins to load
    const filled = await startRedis();
    await filled.command(["EVAL", `for i = 1, ${KEYS} do redis.call('SET', 'key:' .. i, i) end`, "0"]);
    await filled.command(["SAVE"]);
    const port = await freePort();
    const loading = await startServer(
      "redis-server",
      (directory) => {
        copyFileSync(join(filled.directory, "dump.rdb"), join(directory, "dump.rdb"));
        const settings = ["bind 127.0.0.1", `port ${port}`, `dir ${directory}`, 'save ""'];
        settings.push(`key-load-delay ${PAUSE_MICROSECONDS}`, "loading-process-events-interval-bytes 1024");
        writeFileSync(join(directory, "redis.conf"), `${settings.join("\n")}\n`);
        return [join(directory, "redis.conf")];
      },
      () => listens(port),
    );

    // WHEN
    const part = { kind: "redis", id: "cache", url: `redis://127.0.0.1:${port}` } as Parameters<
      typeof redisServerOf
    >[0];
    const server = await redisServerOf(part, async (text) => text as string);
    const begun = performance.now();
    const keys = await server.use(0, keyspace);

    // THEN
    expect(performance.now() - begun).toBeGreaterThan(200);
    expect(keys.get(0)?.keys).toBe(KEYS);
    await loading.stop();
    await filled.stop();
  });
});

describe("an InfluxDB that opens the shards of a restore (contract model of its answers)", () => {
  it.each(["shard is disabled", "engine is closed"])(
    "is asked until it counts, while it answers: %s",
    async (error) => {
      // GIVEN
      let refusals = 3;
      const model = await LoopbackServer.start(async (request, response) => {
        const query = new URL(request.url!, "http://influxdb").searchParams.get("q")!;
        const policies = { columns: ["name"], values: [["autogen"]] };
        const counts = { name: "power", columns: ["time", "count_watt"], values: [[0, 7]] };
        const refuses = query.startsWith("SELECT") && refusals-- > 0;
        const result = refuses ? { error } : { series: [query.startsWith("SELECT") ? counts : policies] };
        response.end(JSON.stringify({ results: [result] }));
      });

      // WHEN
      const counted = await new InfluxServer(model.address, "").countValues("meters", new AbortController().signal);

      // THEN
      expect(counted).toEqual({ "autogen.power.watt": 7 });
      expect(refusals).toBe(-1);
      await model.stop();
    },
  );

  it("is not asked again when it refuses a query for good", async () => {
    // GIVEN
    let asked = 0;
    const model = await LoopbackServer.start(async (_request, response) => {
      asked++;
      response.end(JSON.stringify({ results: [{ error: "database not found: meters" }] }));
    });

    // WHEN
    const counting = new InfluxServer(model.address, "").countValues("meters", new AbortController().signal);

    // THEN
    await expect(counting).rejects.toThrow("database not found: meters");
    expect(asked).toBe(1);
    await model.stop();
  });
});

/** Whether a server accepts connections there, ready or not. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
      .once("connect", () => resolve(true))
      .once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
