import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { AppendOnlySecret, RotationJournal } from "../../../lib/rotator/google/rotation-journal";
import { type GoogleSecretVersions, journalOf } from "../../../lib/rotator/google/secret-versions";
import { rotateGoogleSecret } from "../../../lib/rotator/google/rotation-message";
import { SecretManagerClient } from "../../../lib/clouds/google-secret-manager";
import { rotationSettings } from "../../../lib/rotator/settings";
import { strategyOf } from "../../../lib/rotator/strategies/strategy-of";
import { CrashingClient } from "./crashing-client";
import { startGoogleSecretStore, type GoogleSecretStore } from "./google-secret-store";

const settings = rotationSettings.parse({
  strategy: "randomValue",
  shape: "base64url",
  bytes: 32,
  prefix: "",
  key: "value",
});
const strategy = strategyOf(settings, undefined as never);

/** What one rotation changes; a test holds it against a rotation. */
const CHANGES = ["journal +", "secret +", "journal +", "journal -", "journal -", "secret -"];

jest.setTimeout(30_000);

describe("a rotation in Google Secret Manager (contract model)", () => {
  let store: GoogleSecretStore;
  let rotated: string;

  beforeAll(async () => {
    store = await startGoogleSecretStore();
    rotated = await store.create("rotated");
    for (let rotation = 0; rotation < 3; rotation++) await rotate(store.versionsOf(rotated));
  });
  afterAll(() => store?.stop());

  const rotate = (versions: GoogleSecretVersions, token?: string) => rotateGoogleSecret({ versions, strategy }, token);
  const promoted = (secretId: string) => store.model.values(secretId);
  const journal = (secretId: string) =>
    store.model
      .values(journalOf(secretId))
      .flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as Record<string, unknown>]));

  /** A secret that was rotated three times. */
  function prepared(name: string): string {
    const secretId = `projects/test/secrets/${name}`;
    store.model.copy(rotated, secretId);
    store.model.copy(journalOf(rotated), journalOf(secretId));
    return secretId;
  }

  it("makes 8 different values, although `latest` may not know any, and keeps the current and the previous one", async () => {
    // GIVEN
    const secretId = await store.create("row");
    const values: string[] = [];

    // WHEN
    for (let rotation = 0; rotation < 8; rotation++) {
      await rotate(store.versionsOf(secretId));
      values.push((await store.value(secretId)).value!);
    }

    // THEN
    expect(new Set(values).size).toBe(8);
    const readable = promoted(secretId).flatMap((value) =>
      value === undefined ? [] : [JSON.parse(value).value as string],
    );
    expect(readable).toEqual([values[0], ...values.slice(-2)]);
    expect(journal(secretId)).toEqual([
      expect.objectContaining({ value: expect.stringContaining(values.at(-1)!) as unknown }),
      { settled: 15 },
    ]);
    expect(await store.stages(secretId)).toMatchObject({ AWSPREVIOUS: "7" });
  });

  it("goes on from a value that somebody else put there", async () => {
    // GIVEN
    const secretId = await store.create("taken-over", JSON.stringify({ value: "first" }));

    // THEN
    expect(await store.stages(secretId)).toEqual({ AWSCURRENT: "1" });
    expect(await store.value(secretId)).toEqual({ value: "first" });

    // WHEN
    const { versionId } = await rotate(store.versionsOf(secretId), "message-1");

    // THEN
    expect(versionId).toBe("message-1");
    expect(await store.stages(secretId)).toEqual({ AWSCURRENT: "message-1", AWSPREVIOUS: "1" });
  });

  it("bears that requests are repeated, and answers lost", async () => {
    // GIVEN
    const secretId = prepared("repeated");

    // WHEN
    store.model.faults.add({ op: "add", loseAnswer: true, rate: 0.5 });
    store.model.faults.add({ op: "access", status: 503, rate: 0.1, times: 3 });
    const { versionId } = await rotate(store.versionsOf(secretId));
    await rotate(store.versionsOf(secretId));
    store.model.faults.clear();
    const { versionId: last } = await rotate(store.versionsOf(secretId));

    // THEN
    expect(await store.stages(secretId)).toMatchObject({ AWSCURRENT: last });
    expect(versionId).not.toBe(last);
    expect(await store.stages(secretId)).not.toHaveProperty("AWSPENDING");
  });

  it("says what Secret Manager says, and no value", async () => {
    // GIVEN
    const secretId = prepared("closed");
    store.model.accessToken = "good";
    const closed = new SecretManagerClient({ endpoint: store.model.endpoint, accessToken: async () => "bad" });

    try {
      // WHEN
      const rotation = rotate(store.versionsOf(secretId, closed));

      // THEN
      await expect(rotation).rejects.toMatchObject({
        code: "GoogleSecretManagerRefused",
        message: expect.stringMatching(/401 Request had invalid authentication/) as unknown,
      });
    } finally {
      store.model.accessToken = undefined;
    }
  });

  it("changes what is swept below", async () => {
    // GIVEN
    const secretId = prepared("changes");
    const client = new CrashingClient(store.model.endpoint);

    // WHEN
    await rotate(store.versionsOf(secretId, client));

    // THEN
    const short = (change: string) =>
      `${change.endsWith("-rotation") ? "journal" : "secret"} ${change.startsWith("add") ? "+" : "-"}`;
    expect(client.changes.map(short)).toEqual(CHANGES);
  });

  const crashes = CHANGES.flatMap((change, index) => [
    { at: index + 1, change, when: "before" as const },
    { at: index + 1, change, when: "after" as const },
  ]);
  it.each(crashes)(
    "that breaks off $when change $at ($change) is finished with what it had made",
    async ({ at, when }) => {
      // GIVEN
      const secretId = prepared(`crash-${at}-${when}`);
      const before = await store.value(secretId);

      // WHEN
      const broken = rotate(store.versionsOf(secretId, new CrashingClient(store.model.endpoint, at, when)));
      await expect(broken).rejects.toThrow("crash");

      // THEN what services read is one of two values
      const made = journal(secretId).findLast((entry) => "value" in entry)!.value as string;
      expect([before, JSON.parse(made)]).toContainEqual(JSON.parse(promoted(secretId).at(-1)!));
      const { AWSPENDING } = await store.stages(secretId);
      const pending = AWSPENDING === undefined ? undefined : await store.value(secretId, "AWSPENDING");

      // WHEN
      const { versionId, resumed } = await rotate(store.versionsOf(secretId));

      // THEN
      expect(resumed).toBe(pending !== undefined);
      const after = await store.value(secretId);
      expect(after).not.toEqual(before);
      if (pending !== undefined) expect(after).toEqual(pending);
      expect(JSON.parse(promoted(secretId).at(-1)!)).toEqual(after);
      expect(await store.stages(secretId)).toMatchObject({ AWSCURRENT: versionId });
      expect(await store.stages(secretId)).not.toHaveProperty("AWSPENDING");
      expect(journal(secretId).at(-1)).toEqual({ settled: expect.any(Number) as unknown });
    },
  );

  it("promotes its value once, and ends once, however often it is asked to", async () => {
    // GIVEN
    const secretId = prepared("once");
    const versions = store.versionsOf(secretId);
    const { current } = await versions.stages();
    await versions.putPending("token", JSON.stringify({ value: "once" }));
    const [before, entries] = [promoted(secretId).length, store.model.values(journalOf(secretId)).length];

    // WHEN
    for (let time = 0; time < 2; time++) await versions.promote("token", current);
    for (let time = 0; time < 2; time++) await versions.clearPending("token");

    // THEN
    expect(promoted(secretId)).toHaveLength(before + 1);
    expect(store.model.values(journalOf(secretId))).toHaveLength(entries + 1);
  });

  it("is given up by disabling what it made", async () => {
    // GIVEN
    const secretId = prepared("given-up");
    const current = await store.value(secretId);
    const versions = store.versionsOf(secretId);
    await versions.stages();
    await versions.putPending("unwanted", JSON.stringify({ value: "unwanted" }));

    // WHEN destroying is what the model has
    const entry = store.model.values(journalOf(secretId)).length;
    await store.client.destroyVersion(journalOf(secretId), entry);
    store.model.converge();

    // THEN
    expect(await store.stages(secretId)).not.toHaveProperty("AWSPENDING");
    expect(await store.value(secretId)).toEqual(current);

    // WHEN
    const { resumed } = await rotate(store.versionsOf(secretId));

    // THEN
    expect([resumed, await store.value(secretId)]).toEqual([false, expect.not.objectContaining({ value: "unwanted" })]);
  });

  it("twice at once ends with one current value, whoever comes first", async () => {
    // GIVEN
    const secretId = prepared("pairs");

    for (let pair = 0; pair < 5; pair++) {
      // WHEN
      const outcomes = await Promise.allSettled([1, 2, 3].map(() => rotate(store.versionsOf(secretId))));
      if ((await store.stages(secretId)).AWSPENDING) await rotate(store.versionsOf(secretId));

      // THEN
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "RotationLost" });
      }
      const { last, end, open } = await journalState(secretId);
      expect({ open, ended: end > 0 }).toEqual({ open: undefined, ended: true });
      expect(promoted(secretId).at(-1)).toBe(last!.value);
    }
  });

  it("that slept while others rotated changes nothing when it wakes", async () => {
    // GIVEN
    const secretId = prepared("sleeper");
    const sleeper = store.versionsOf(secretId);
    await sleeper.stages();

    // WHEN
    await rotate(store.versionsOf(secretId));
    const current = await store.value(secretId);
    const put = sleeper.putPending(randomUUID(), JSON.stringify({ value: "made from what was" }));

    // THEN
    await expect(put).rejects.toMatchObject({ code: "RotationLost" });
    expect(await store.stages(secretId)).not.toHaveProperty("AWSPENDING");
    expect(await store.value(secretId)).toEqual(current);
  });

  it("that slept before it promoted its value puts back what others made current", async () => {
    // GIVEN
    const secretId = prepared("late");
    const client = new CrashingClient(store.model.endpoint);
    const sleeper = store.versionsOf(secretId, client);
    const token = randomUUID();
    const { current } = await sleeper.stages();
    await sleeper.putPending(token, JSON.stringify({ value: "mine" }));
    client.beforeAdd = async () => {
      client.beforeAdd = undefined;
      await rotate(store.versionsOf(secretId));
      await rotate(store.versionsOf(secretId));
    };

    // WHEN
    const promotion = sleeper.promote(token, current);

    // THEN
    await expect(promotion).rejects.toMatchObject({ code: "RotationLost" });
    const { last, open } = await journalState(secretId);
    expect(open).toBeUndefined();
    expect(last!.value).not.toContain("mine");
    expect(promoted(secretId).at(-1)).toBe(last!.value);
  });

  it("that slept while others finished it, after an answer was lost, takes no value back", async () => {
    // GIVEN
    const secretId = prepared("late-and-lost");
    store.model.put(secretId, promoted(secretId).at(-1));
    const client = new CrashingClient(store.model.endpoint);
    const sleeper = store.versionsOf(secretId, client);
    const { current } = await sleeper.stages();
    await sleeper.putPending("token", JSON.stringify({ value: "mine" }));
    client.beforeAdd = async () => {
      client.beforeAdd = undefined;
      await rotate(store.versionsOf(secretId));
    };

    // WHEN
    await sleeper.promote("token", current);

    // THEN
    expect(await store.value(secretId)).toEqual({ value: "mine" });
    expect(await store.stages(secretId)).toMatchObject({ AWSCURRENT: "token" });
  });

  async function journalState(secretId: string) {
    return new RotationJournal(new AppendOnlySecret(store.client, journalOf(secretId))).read();
  }
});
