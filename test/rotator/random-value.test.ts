import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { DeleteSecretCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { randomUUID } from "node:crypto";
import { refuseOverdue } from "../../lib/rotator/aws/secret-versions";
import { rotate, ROTATION_STEPS, rotationStep } from "../../lib/rotator/rotation";
import { rotationSettings } from "../../lib/rotator/settings";
import { requires } from "../support/requirements";
import { rotationOf } from "./postgres-secrets";
import { startSecretStore, type AwsSecretStore } from "./aws/secret-store";

const settings = rotationSettings.parse({
  strategy: "randomValue",
  shape: "influxToken",
  bytes: 64,
  prefix: "",
  key: "token",
});

requires("moto_server")("a rotation of a random value", () => {
  let store: AwsSecretStore;

  beforeAll(async () => {
    store = await startSecretStore({
      async invoke({ SecretId, ClientRequestToken, Step }) {
        const step = ROTATION_STEPS.find((name) => name === Step)!;
        await rotationStep(rotationOf(store, SecretId, settings), step, ClientRequestToken);
      },
    });
  }, 60_000);
  afterAll(() => store?.stop());

  it("makes 50 different tokens as InfluxDB does, and keeps two versions", async () => {
    // GIVEN
    const secretId = await store.create("influx");

    // WHEN
    const tokens: string[] = [];
    for (let rotation = 0; rotation < 50; rotation++) {
      await rotate(rotationOf(store, secretId, settings));
      tokens.push((await store.value(secretId)).token!);
    }

    // THEN
    expect(new Set(tokens).size).toBe(50);
    for (const token of tokens) expect(token).toMatch(/^[\w-]{86}==$/);
    expect(Object.keys(await store.stages(secretId)).sort()).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
  }, 120_000);

  it("many times at once ends with one current version", async () => {
    // GIVEN
    const secretId = await store.create("crowd");
    await rotate(rotationOf(store, secretId, settings));

    // WHEN
    await Promise.allSettled(Array.from({ length: 5 }, () => rotate(rotationOf(store, secretId, settings))));
    if ((await store.stages(secretId)).AWSPENDING) await rotate(rotationOf(store, secretId, settings));

    // THEN
    expect(Object.keys(await store.stages(secretId)).sort()).toEqual(["AWSCURRENT", "AWSPREVIOUS"]);
    expect(await store.value(secretId)).toHaveProperty("token");
  }, 60_000);

  it("runs when RotateSecret asks for it, again and again", async () => {
    // GIVEN
    const secretId = await store.create("asked");
    const ask = () =>
      store.client.send(
        new RotateSecretCommand({
          SecretId: secretId,
          RotationLambdaARN: "arn:aws:lambda:us-east-1:123456789012:function:rotator",
          RotationRules: { ScheduleExpression: "rate(30 days)" },
        }),
      );

    for (let rotation = 0; rotation < 3; rotation++) {
      // WHEN
      const { VersionId } = await ask();
      await store.strict.rotated();

      // THEN
      expect((await store.stages(secretId)).AWSCURRENT).toBe(VersionId);
      expect(await store.stages(secretId)).not.toHaveProperty("AWSPENDING");
    }
  }, 60_000);

  it("is overdue when it should have come days ago, or does not come at all", async () => {
    // GIVEN
    const SecretId = await store.create("late");
    const RotationLambdaARN = "arn:aws:lambda:us-east-1:123456789012:function:rotator";
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

    // THEN
    await expect(refuseOverdue(store.client, SecretId)).rejects.toMatchObject({
      code: "RotationOverdue",
      message: expect.stringContaining("not rotated any more") as unknown,
    });

    // WHEN
    await store.client.send(new RotateSecretCommand({ SecretId, RotationLambdaARN }));
    await store.strict.rotated();

    // THEN
    await refuseOverdue(store.client, SecretId);
    await refuseOverdue(store.client, SecretId, inDays(31));
    await expect(refuseOverdue(store.client, SecretId, inDays(33))).rejects.toMatchObject({ code: "RotationOverdue" });
  });

  it("of a secret that is marked for deletion says so, and does not take it for one without a value", async () => {
    // GIVEN
    const SecretId = await store.create("deleted");
    await rotate(rotationOf(store, SecretId, settings));
    const token = randomUUID();
    await rotationStep(rotationOf(store, SecretId, settings), "createSecret", token);
    await store.client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));

    // WHEN
    const step = rotationStep(rotationOf(store, SecretId, settings), "setSecret", token);

    // THEN
    await expect(step).rejects.toMatchObject({ name: "InvalidRequestException" });
  });
});
