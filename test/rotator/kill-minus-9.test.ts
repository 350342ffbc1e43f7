import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { rotate, ROTATION_STEPS, rotationStep } from "../../lib/rotator/rotation";
import type { RotationSettings } from "../../lib/rotator/settings";
import { startPostgres, type PostgresServer } from "../support/postgres";
import { scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { bundleRotatingProcess, killRotation } from "./killed-rotation";
import { logsIn, preparePostgresSecret, rotationOf, type PostgresStrategyName } from "./postgres-secrets";
import { ROTATION_POINTS } from "./rotation-points";
import { startSecretStore, type SecretStore } from "./aws/secret-store";
import { sampleOf } from "../support/sample";

/** Where a value is stored and the rotation is not over: a new token must not replace it. */
const PENDING = [
  "createSecret: value stored",
  "setSecret: not committed",
  "setSecret: value installed",
  "testSecret: value accepted",
  "finishSecret: value accepted",
];

/** Many seconds on a machine that is busy with other tests. */
const MILLISECONDS = 60_000;

requires("postgres", "moto_server")("a rotation that is killed", () => {
  let store: SecretStore;
  let postgres: PostgresServer;
  let directory: string;

  beforeAll(async () => {
    directory = scratchDirectory("rotation");
    bundleRotatingProcess(directory);
    [store, postgres] = await Promise.all([startSecretStore(), startPostgres()]);
  }, MILLISECONDS);
  afterAll(async () => {
    await store?.stop();
    await postgres?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  describe.each<PostgresStrategyName>(["postgresAlternatingUsers", "postgresSingleUser"])("%s", (strategy) => {
    let secretId: string;
    let settings: RotationSettings;

    beforeAll(async () => {
      ({ secretId, settings } = await preparePostgresSecret(store, postgres, strategy.toLowerCase(), strategy));
    }, MILLISECONDS);

    it("can be killed at 21 points", async () => {
      // WHEN
      const points: string[] = [];
      await rotate(rotationOf(store, secretId, settings, (point) => void points.push(point)));

      // THEN
      expect(points).toEqual(ROTATION_POINTS);
      expect(ROTATION_POINTS).toHaveLength(21);
    });

    it.each(sampleOf(ROTATION_POINTS, 7))(
      "after %s: nobody is locked out, and the rotation is finished with what it had made",
      async (point) => {
        // GIVEN
        const token = randomUUID();
        const before = await store.stages(secretId);

        // WHEN
        await killAfter(point, token);

        // THEN
        const pending = await requireSomeLogin();

        // WHEN
        const { versionId } = await rotate(rotationOf(store, secretId, settings));

        // THEN
        await requireSettled(versionId);
        if (pending !== undefined) {
          expect([versionId, (await store.value(secretId)).password]).toEqual([token, pending.password]);
        }
        expect((await store.stages(secretId)).AWSCURRENT).not.toBe(before.AWSCURRENT);

        // WHEN it is replayed
        for (const step of ROTATION_STEPS) await rotationStep(rotationOf(store, secretId, settings), step, versionId);

        // THEN
        await requireSettled(versionId);
      },
      MILLISECONDS,
    );

    it.each(sampleOf(PENDING, 2))(
      "after %s: a new token finishes what works, and is refused where the pending value does not",
      async (point) => {
        // GIVEN
        const [token, another] = [randomUUID(), randomUUID()];
        await killAfter(point, token);
        const { AWSPENDING: pending = "" } = await store.stages(secretId);
        const works = await logsIn(await store.value(secretId, "AWSPENDING"));
        expect(pending).toBe(token);

        // WHEN
        const created = rotationStep(rotationOf(store, secretId, settings), "createSecret", another);

        // THEN
        if (works) {
          await created;
          expect(await store.stages(secretId)).toMatchObject({ AWSCURRENT: token, AWSPENDING: another });
        } else {
          await expect(created).rejects.toMatchObject({ code: "RotationPending" });
          expect((await store.stages(secretId)).AWSPENDING).toBe(token);
        }
        await requireSomeLogin();
        const { versionId } = await rotate(rotationOf(store, secretId, settings));
        await requireSettled(versionId);
        expect(versionId).toBe(works ? another : token);
      },
      MILLISECONDS,
    );

    /** The promise of the strategy, at any moment. @returns the pending login, where there is one that is not current */
    async function requireSomeLogin() {
      const stages = await store.stages(secretId);
      const current = await logsIn(await store.value(secretId));
      const unfinished = stages.AWSPENDING !== undefined && stages.AWSPENDING !== stages.AWSCURRENT;
      const pending = unfinished ? await store.value(secretId, "AWSPENDING") : undefined;
      const some = current || (pending !== undefined && (await logsIn(pending)));
      expect(strategy === "postgresAlternatingUsers" ? current : some).toBe(true);
      return pending;
    }

    async function requireSettled(versionId: string) {
      const { AWSCURRENT, AWSPENDING } = await store.stages(secretId);
      expect({ AWSCURRENT, AWSPENDING }).toEqual({ AWSCURRENT: versionId, AWSPENDING: undefined });
      expect(await logsIn(await store.value(secretId))).toBe(true);
    }

    async function killAfter(point: string, token: string): Promise<void> {
      await killRotation(directory, store, { secretId, token, settings, killAfter: point });
    }
  });
});
