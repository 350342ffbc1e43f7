import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { rotate } from "../../lib/rotator/rotation";
import { scratchRoot } from "../support/repository";
import { startPostgres, type PostgresServer } from "../support/postgres";
import { requires } from "../support/requirements";
import { logsIn, preparePostgresSecret, rotationOf, type PostgresStrategyName } from "./postgres-secrets";
import { startSecretStore, type SecretStore } from "./aws/secret-store";
import { repetitions } from "../support/sample";

const ROTATIONS = repetitions(15, 50);
/** What the documentation states. */
const FIGURES = join(scratchRoot, "single-user-outage.json");
/** Seconds on a free machine. */
const MILLISECONDS = 420_000;

requires("postgres", "moto_server")("50 rotations in a row, with a client that logs in all the time", () => {
  let store: SecretStore;
  let postgres: PostgresServer;
  let over = false;

  beforeAll(async () => {
    [store, postgres] = await Promise.all([
      startSecretStore(),
      startPostgres({ settings: { log_statement: "all", log_min_duration_statement: "0", logging_collector: "off" } }),
    ]);
  }, MILLISECONDS);
  afterAll(async () => {
    // A client that outlived its test would fail in the next file.
    over = true;
    await store?.stop();
    await postgres?.stop();
  });

  it(
    "of alternating users: no login fails, the previous one works as well",
    async () => {
      // WHEN
      const { attempts, refused, secretId } = await rotateWithClient("postgresAlternatingUsers");

      // THEN
      expect({ refused, enough: attempts > ROTATIONS }).toEqual({ refused: 0, enough: true });
      const stages = await store.stages(secretId);
      expect(Object.keys(stages).sort()).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
      const [current, previous] = [await store.value(secretId), await store.value(secretId, "AWSPREVIOUS")];
      expect(current.username).not.toBe(previous.username);
      expect([await logsIn(current), await logsIn(previous)]).toEqual([true, true]);
    },
    MILLISECONDS,
  );

  it(
    "of a single user: the outage of each rotation is short, and afterwards the current secret logs in",
    async () => {
      // WHEN
      const { outages, secretId } = await rotateWithClient("postgresSingleUser");

      // THEN
      const sorted = [...outages].sort((one, other) => one - other);
      const worst = sorted.at(-1)!;
      const milliseconds = { median: Math.round(sorted[sorted.length >> 1]!), worst: Math.round(worst) };
      writeFileSync(FIGURES, JSON.stringify({ rotations: ROTATIONS, noticed: outages.length, milliseconds }));
      expect(worst).toBeLessThan(5_000);
      expect(Object.keys(await store.stages(secretId)).sort()).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
      expect(await logsIn(await store.value(secretId))).toBe(true);
      expect(await logsIn(await store.value(secretId, "AWSPREVIOUS"))).toBe(false);
    },
    MILLISECONDS,
  );

  async function rotateWithClient(strategy: PostgresStrategyName) {
    const { secretId, settings } = await preparePostgresSecret(store, postgres, strategy.toLowerCase(), strategy);
    const outages: number[] = [];
    let [attempts, refused, down] = [0, 0, 0];
    over = false;
    const client = (async () => {
      while (!over) {
        attempts += 1;
        const works = await logsIn(await store.value(secretId));
        if (!works) refused += 1;
        if (!works && down === 0) down = performance.now();
        if (works && down > 0) {
          outages.push(performance.now() - down);
          down = 0;
        }
        await sleep(10);
      }
    })();
    for (let rotation = 0; rotation < ROTATIONS; rotation++) await rotate(rotationOf(store, secretId, settings));
    over = true;
    await client;
    return { attempts, refused, outages, secretId };
  }
});
