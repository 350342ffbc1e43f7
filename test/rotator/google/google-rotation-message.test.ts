import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { handleRotationMessage, OVERDUE_CHECK } from "../../../lib/rotator/google/rotation-message";
import { rotationSettings } from "../../../lib/rotator/settings";
import { strategyOf } from "../../../lib/rotator/strategies/strategy-of";
import { CrashingClient } from "./crashing-client";
import { startGoogleSecretStore, type GoogleSecretStore } from "./google-secret-store";

const DAY_MILLISECONDS = 86_400_000;
const settings = rotationSettings.parse({
  ...{ strategy: "randomValue", shape: "hex", bytes: 16, prefix: "", key: "value" },
});

describe("a message of the topic of a secret (contract model)", () => {
  let store: GoogleSecretStore;
  let secretId: string;
  let logged: string[];

  beforeAll(async () => {
    store = await startGoogleSecretStore();
  });
  afterAll(() => store?.stop());
  beforeEach(async () => {
    secretId = await store.create(randomUUID());
    logged = [];
  });

  const message = (eventType: string, messageId: string = randomUUID(), publishTime = new Date()) => ({
    id: messageId,
    type: "google.cloud.pubsub.topic.v1.messagePublished",
    data: {
      subscription: "projects/shop/subscriptions/eventarc",
      message: { messageId, publishTime: publishTime.toISOString(), attributes: { eventType, secretId }, data: "e30=" },
    },
  });
  const handle = (event: unknown, { client = store.client, now = new Date() } = {}) => {
    const versions = store.versionsOf(secretId, client);
    return handleRotationMessage(event, {
      versions,
      strategy: strategyOf(settings, versions),
      rotationPeriodSeconds: (30 * DAY_MILLISECONDS) / 1000,
      log: (severity, text) => void logged.push(`${severity} ${text}`),
      now,
    });
  };
  const versions = () => store.model.values(secretId).length;

  it("rotates once, however often it is delivered", async () => {
    // GIVEN
    const event = message("SECRET_ROTATE", "1122334455");

    // WHEN
    for (let delivery = 0; delivery < 3; delivery++) await handle(event);

    // THEN
    expect(versions()).toBe(1);
    expect(await store.stages(secretId)).toEqual({ AWSCURRENT: "1122334455" });
    expect(logged.at(-1)).toMatch(/^INFO .* was rotated since message 1122334455/);
  });

  it("that comes after a newer one asks for nothing any more, and a newer one rotates again", async () => {
    // GIVEN
    const older = message("SECRET_ROTATE", "older", new Date(Date.now() - 5_000));
    await handle(message("SECRET_ROTATE", "newer", new Date(Date.now() - 1_000)));

    // WHEN
    await handle(older);

    // THEN
    expect(await store.stages(secretId)).toEqual({ AWSCURRENT: "newer" });

    // WHEN
    await handle(message("SECRET_ROTATE", "next", new Date(Date.now() + 60_000)));

    // THEN
    expect(await store.stages(secretId)).toMatchObject({ AWSCURRENT: "next" });
  });

  it("that finds a rotation broken off finishes that, and begins no other", async () => {
    // GIVEN
    const crashing = new CrashingClient(store.model.endpoint, 2, "after");
    await expect(handle(message("SECRET_ROTATE", "broken"), { client: crashing })).rejects.toThrow("crash");
    expect(versions()).toBe(1);

    // WHEN
    await handle(message("SECRET_ROTATE", "another", new Date(Date.now() + 60_000)));

    // THEN
    expect(versions()).toBe(1);
    expect(await store.stages(secretId)).toEqual({ AWSCURRENT: "broken" });
    expect(logged.at(-1)).toMatch(/^INFO .*rotation broken was broken off, and is finished/);
  });

  it.each(["SECRET_VERSION_ADD", "SECRET_UPDATE", "TOPIC_CONFIGURED"])("about %s changes nothing", async (type) => {
    await handle(message(type));
    expect(versions()).toBe(0);
  });

  it("asks whether the rotation is overdue, and an error in the log says so", async () => {
    // WHEN
    await handle(message(OVERDUE_CHECK));

    // THEN
    expect(logged).toEqual([expect.stringMatching(/^ERROR .*its last rotation was never/) as unknown]);

    // WHEN
    await handle(message("SECRET_ROTATE"));
    logged = [];
    await handle(message(OVERDUE_CHECK), { now: new Date(Date.now() + 31 * DAY_MILLISECONDS) });

    // THEN
    expect(logged).toEqual([]);

    // WHEN
    await handle(message(OVERDUE_CHECK), { now: new Date(Date.now() + 33 * DAY_MILLISECONDS) });

    // THEN
    expect(logged).toEqual([expect.stringMatching(/^ERROR .* should have been rotated by 20/) as unknown]);
    expect(versions()).toBe(1);
  });

  it("is no other event", async () => {
    await expect(handle({ data: { name: "an object of a bucket" } })).rejects.toMatchObject({
      code: "RotationSettingsInvalid",
      message: expect.stringContaining("called with messages of Pub/Sub") as unknown,
    });
  });
});
