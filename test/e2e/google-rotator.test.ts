import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { unzipSync } from "fflate";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { RotationSettings } from "../../lib/rotator/settings";
import { startGoogleSecretStore, type GoogleSecretStore } from "../rotator/google/google-secret-store";
import { logsIn, preparePostgresSecret } from "../rotator/postgres-secrets";
import { freePort } from "../../lib/testing/postgres/free-port";
import { startPostgres, type PostgresServer } from "../support/postgres";
import { repositoryRoot, scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { functionsFramework } from "../support/tools";

requires("postgres", "functions_framework")(
  "the rotation function of Google Cloud, as it is delivered, in Google's framework",
  () => {
    let store: GoogleSecretStore;
    let postgres: PostgresServer;
    let directory: string;
    let secretId: string;
    let settings: RotationSettings;
    let running: ChildProcess | undefined;
    let url: string;
    let output = "";

    beforeAll(async () => {
      directory = scratchDirectory("google-rotator");
      await promisify(execFile)(process.execPath, ["scripts/build.mjs", "rotator"], { cwd: repositoryRoot });
      const zip = unzipSync(readFileSync(join(repositoryRoot, "dist/rotator/google-rotator.zip")));
      for (const [name, content] of Object.entries(zip)) writeFileSync(join(directory, name), content);
      // What the build of Cloud Run functions installs.
      mkdirSync(join(directory, "node_modules/@google-cloud"), { recursive: true });
      const installed = dirname(dirname(dirname(functionsFramework)));
      symlinkSync(installed, join(directory, "node_modules/@google-cloud/functions-framework"));
      [store, postgres] = await Promise.all([startGoogleSecretStore(), startPostgres()]);
      ({ secretId, settings } = await preparePostgresSecret(store, postgres, "delivered", "postgresAlternatingUsers"));
      store.model.accessToken = "token-of-the-metadata-server";
    }, 120_000);
    afterAll(async () => {
      await stop("SIGKILL");
      await store?.stop();
      await postgres?.stop();
      if (directory) rmSync(directory, { recursive: true, force: true });
    });

    async function start(): Promise<void> {
      const port = await freePort();
      url = `http://127.0.0.1:${port}/`;
      const environment = {
        PATH: process.env.PATH,
        ...store.environment,
        GOOGLE_OAUTH_ACCESS_TOKEN: "token-of-the-metadata-server",
        STERNA_ROTATED_SECRET: secretId,
        STERNA_ROTATION_SETTINGS: JSON.stringify(settings),
        STERNA_ROTATION_PERIOD_SECONDS: "2592000",
      };
      const parameters = [functionsFramework, "--target=rotate", `--source=${directory}`, `--port=${port}`];
      running = spawn(process.execPath, parameters, { env: environment });
      for (const stream of [running.stdout!, running.stderr!]) stream.on("data", (data) => (output += String(data)));
      for (const end = performance.now() + 60_000; !output.includes(`localhost:${port}`); await sleep(50)) {
        if (performance.now() > end) throw new Error(`the framework does not start: ${output}`);
      }
    }

    async function stop(signal: NodeJS.Signals): Promise<void> {
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
      running.kill(signal);
      await once(running, "exit");
    }

    /** As Eventarc delivers a message of Pub/Sub. */
    async function deliver(messageId: string, eventType = "SECRET_ROTATE", publishTime = new Date()): Promise<number> {
      const answer = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "ce-id": messageId,
          "ce-specversion": "1.0",
          "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
          "ce-source": "//pubsub.googleapis.com/projects/test/topics/rotation",
          "ce-time": publishTime.toISOString(),
        },
        body: JSON.stringify({
          subscription: "projects/test/subscriptions/eventarc",
          message: {
            ...{ messageId, message_id: messageId, publishTime, publish_time: publishTime, data: "e30=" },
            attributes: { eventType, secretId, dataFormat: "JSON_API_V1" },
          },
        }),
      });
      await answer.arrayBuffer();
      return answer.status;
    }

    test("rotates with each new message, once for each, and says nothing secret", async () => {
      // GIVEN
      await start();
      const passwords = [(await store.value(secretId)).password!];

      for (const messageId of ["1001", "1002"]) {
        // WHEN
        const statuses = [await deliver(messageId), await deliver(messageId), await deliver("7", "SECRET_VERSION_ADD")];

        // THEN
        expect(statuses).toEqual([204, 204, 204]);
        passwords.push((await store.value(secretId)).password!);
        expect(await logsIn(await store.value(secretId))).toBe(true);
      }
      expect(new Set(passwords).size).toBe(3);
      for (const password of passwords) expect(output).not.toContain(password);
      expect(output).toMatch(
        /^\{"severity":"INFO","message":"projects\/test\/secrets\/delivered: rotation 1002 is done"\}$/m,
      );
    }, 120_000);

    test("answers with an error when Secret Manager refuses, which has the message delivered again, and then rotates", async () => {
      // GIVEN
      store.model.faults.add({ op: "add", status: 403, times: 1 });
      const before = await store.value(secretId);

      // WHEN
      const statuses = [await deliver("1003"), await deliver("1003")];

      // THEN
      expect(statuses).toEqual([500, 204]);
      expect(output).toMatch(
        /^\{"severity":"ERROR","message":"Secret Manager refused to add a version to .*-rotation: 403/m,
      );
      expect((await store.value(secretId)).password).not.toBe(before.password);
    }, 120_000);

    test("is killed at any time, and the next message finishes the rotation", async () => {
      for (let milliseconds = 40; milliseconds <= 240; milliseconds += 100) {
        // GIVEN
        const before = await store.value(secretId);

        // WHEN
        const delivery = deliver(`killed-${milliseconds}`).catch(() => undefined);
        await sleep(milliseconds);
        await stop("SIGKILL");
        await delivery;

        // THEN
        expect([await logsIn(before), await logsIn(await store.value(secretId))]).toEqual([true, true]);

        // WHEN
        await start();
        expect(await deliver(`killed-${milliseconds}`)).toBe(204);

        // THEN
        expect((await store.value(secretId)).password).not.toBe(before.password);
        expect(await store.stages(secretId)).not.toHaveProperty("AWSPENDING");
        expect(await logsIn(await store.value(secretId))).toBe(true);
      }
    }, 120_000);
  },
);
