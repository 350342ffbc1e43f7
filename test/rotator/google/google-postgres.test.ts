import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { journalOf } from "../../../lib/rotator/google/secret-versions";
import { rotateGoogleSecret } from "../../../lib/rotator/google/rotation-message";
import { ROTATION_STEPS, rotationStep } from "../../../lib/rotator/rotation";
import type { RotationSettings } from "../../../lib/rotator/settings";
import { startPostgres, type PostgresServer } from "../../support/postgres";
import { scratchDirectory } from "../../support/repository";
import { requires } from "../../support/requirements";
import { startGoogleSecretStore, type GoogleSecretStore } from "./google-secret-store";
import { bundleRotatingProcess, killRotation } from "../killed-rotation";
import { logsIn, preparePostgresSecret, rotationOf } from "../postgres-secrets";
import { ROTATION_POINTS } from "../rotation-points";
import { sampleOf } from "../../support/sample";

const ROTATIONS = 10;
/** Where a process is killed; at every point the rotation breaks off in this process. */
const KILLED = [
  "createSecret: value stored",
  "setSecret: not committed",
  "setSecret: value installed",
  "finishSecret: version promoted",
];
/** Seconds on a free machine. */
const MILLISECONDS = 120_000;

requires("postgres")("a rotation of two users of PostgreSQL in Google Secret Manager (contract model)", () => {
  let store: GoogleSecretStore;
  let postgres: PostgresServer;
  let directory: string;
  let secretId: string;
  let settings: RotationSettings;
  let over = false;

  beforeAll(async () => {
    directory = scratchDirectory("google-rotation");
    bundleRotatingProcess(directory);
    [store, postgres] = await Promise.all([startGoogleSecretStore(), startPostgres()]);
    // The tests of the versions themselves go without a limit.
    store.model.staleness = 3;
    ({ secretId, settings } = await preparePostgresSecret(store, postgres, "shop", "postgresAlternatingUsers"));
  }, MILLISECONDS);
  afterAll(async () => {
    // A client that outlived its test would fail in the next file.
    over = true;
    await store?.stop();
    await postgres?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const rotate = (onProgress?: (point: string) => void) =>
    rotateGoogleSecret(rotationOf(store, secretId, settings, onProgress));

  it(
    `goes ${ROTATIONS} times without a refused login, although readers of \`latest\` lag behind`,
    async () => {
      // GIVEN
      await rotate();
      store.converge(secretId);
      let [attempts, refused] = [0, 0];
      const client = (async () => {
        for (; !over; attempts++) {
          if (!(await logsIn(store.latest(secretId)))) refused += 1;
          await sleep(20);
        }
      })();

      // WHEN
      for (let rotation = 0; rotation < ROTATIONS; rotation++) {
        // Readers lag behind for hours, and a day is the shortest rotation period.
        store.converge(secretId);
        await rotate();
        await sleep(100);
      }
      over = true;
      await client;

      // THEN
      expect({ refused, enough: attempts > ROTATIONS }).toEqual({ refused: 0, enough: true });
      const [current, previous] = [await store.value(secretId), await store.value(secretId, "AWSPREVIOUS")];
      expect(current.username).not.toBe(previous.username);
      expect([await logsIn(current), await logsIn(previous)]).toEqual([true, true]);
    },
    MILLISECONDS,
  );

  it.each(sampleOf(ROTATION_POINTS, 7))(
    "that breaks off after %s locks nobody out, and is finished with what it had made",
    async (point) => {
      await requireFinished(async (token) => {
        const rotation = rotationOf(store, secretId, settings, (reached) => {
          if (reached === point) throw new Error("crash");
        });
        await expect(rotateGoogleSecret(rotation, token)).rejects.toThrow("crash");
      });
    },
    MILLISECONDS,
  );

  it.each(KILLED)(
    "that is killed after %s locks nobody out, and is finished with what it had made",
    async (point) => {
      const versionId = await requireFinished((token) =>
        killRotation(directory, store, { secretId, token, settings, killAfter: point }),
      );

      // WHEN it is replayed
      for (const step of ROTATION_STEPS) await rotationStep(rotationOf(store, secretId, settings), step, versionId);

      // THEN
      expect(await store.stages(secretId)).toMatchObject({ AWSCURRENT: versionId });
      await requireSettled();
    },
    MILLISECONDS,
  );

  it(
    "twice at once ends with one current value that logs in",
    async () => {
      for (let pair = 0; pair < 3; pair++) {
        // WHEN
        await Promise.allSettled([rotate(), rotate()]);
        if ((await store.stages(secretId)).AWSPENDING) await rotate();

        // THEN
        await requireSettled();
      }
    },
    MILLISECONDS,
  );

  async function requireFinished(breakOff: (token: string) => Promise<void>): Promise<string> {
    // GIVEN
    const token = randomUUID();
    const before = await store.value(secretId);

    // WHEN
    await breakOff(token);

    // THEN
    expect(await logsIn(await store.value(secretId))).toBe(true);
    expect(await logsIn(before)).toBe(true);
    const { AWSPENDING } = await store.stages(secretId);
    const pending = AWSPENDING === undefined ? undefined : await store.value(secretId, "AWSPENDING");
    expect([undefined, token]).toContain(AWSPENDING);

    // WHEN
    const { versionId, resumed } = await rotate();

    // THEN
    expect(resumed).toBe(pending !== undefined);
    if (pending !== undefined) expect([versionId, await store.value(secretId)]).toEqual([token, pending]);
    expect((await store.value(secretId)).password).not.toBe(before.password);
    await requireSettled();
    return versionId;
  }

  async function requireSettled(): Promise<void> {
    expect(await store.stages(secretId)).not.toHaveProperty("AWSPENDING");
    expect(store.model.values(journalOf(secretId)).at(-1)).toMatch(/^\{"settled":\d+\}$/);
    expect(await logsIn(await store.value(secretId))).toBe(true);
  }
});
