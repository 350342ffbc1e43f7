import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SternaError } from "../core/errors";

/** What receives new values: a server with users, or only the secret itself. All methods can be repeated. */
export interface RotationTarget {
  /**
   * Creates a new value. Changes nothing.
   * @param current the value in use; undefined before the first rotation
   */
  generate(current: string | undefined): Promise<string>;

  /** Whether a value works. @throws if that cannot be determined, for example because the server does not respond */
  accepts(value: string): Promise<boolean>;

  /** Activates a value. The current one continues to work, unless the strategy states otherwise. */
  install(value: string, current: string | undefined): Promise<void>;

  /**
   * Deactivates old values. @param kept the values that continue to work: the current, the previous, and the next one
   */
  retire?(kept: readonly string[]): Promise<void>;
}

/** How one kind of value is rotated. */
export interface RotationStrategy {
  /** Runs `work` under a lock on the secret. @throws SternaError `RotationLocked` */
  exclusively<Result>(work: (target: RotationTarget) => Promise<Result>): Promise<Result>;
}

/** Called at each point where a rotation could end. The name describes what has just been done. */
export type OnProgress = (point: string) => void | Promise<void>;

/** Version ids by their stage in a rotation. */
export interface Stages {
  /** The version that services read. */
  readonly current?: string | undefined;

  /** The version of a rotation in progress. Also current between its promotion and its end. */
  readonly pending?: string | undefined;

  /** The version that services read before. */
  readonly previous?: string | undefined;
}

/** The versions of one secret, for a rotation. A new version has the rotation's token as its id. */
export interface SecretVersions {
  /** Name of the secret, for messages. */
  readonly secretId: string;

  stages(): Promise<Stages>;

  /** The value of one of the versions in the last result of `stages`. Undefined while it has none. */
  value(versionId: string | undefined): Promise<string | undefined>;

  /** The current value of another secret. */
  currentValueOf(secretId: string): Promise<string | undefined>;

  /** Stores a new value as pending. Does not change an existing value of the version. */
  putPending(versionId: string, value: string): Promise<void>;

  /** Makes a pending version current, and the current one previous. @param from the current version */
  promote(versionId: string, from: string | undefined): Promise<void>;

  /** Ends the rotation of a version. */
  clearPending(versionId: string): Promise<void>;
}

/** The four steps of a rotation, in order. */
export const ROTATION_STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
export type RotationStepName = (typeof ROTATION_STEPS)[number];

/** A secret, and how it is rotated. */
export interface Rotation {
  readonly versions: SecretVersions;
  readonly strategy: RotationStrategy;
  readonly onProgress?: OnProgress;
}

/** Replicas and caches of a server need a moment for a new password. */
const TEST_ATTEMPTS = 5;
const TEST_PAUSE_MILLISECONDS = 500;

/**
 * Performs one step of a rotation, as Secrets Manager requests it from a rotation function. Each step can be repeated,
 * may come in any order, and may be ended by a crash at any point: in every case, the secret's current value works as
 * far as the strategy guarantees, and no value that a server knows is lost.
 *
 * @param token id of the new version
 * @throws SternaError `RotationPending`, `RotationLost`, `RotationOutOfOrder`, `RotationTestFailed`, `RotationLocked`
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export async function rotationStep(rotation: Rotation, step: RotationStepName, token: string): Promise<void> {
  const report = async (point: string) => rotation.onProgress?.(`${step}: ${point}`);
  await report("called");
  await rotation.strategy.exclusively(async (target) => {
    await report("locked");
    const stages = await rotation.versions.stages();
    await STEPS[step]({ versions: rotation.versions, target, stages, token, report });
  });
  await report("done");
}

interface Work {
  readonly versions: SecretVersions;
  readonly target: RotationTarget;
  readonly stages: Stages;
  readonly token: string;
  readonly report: OnProgress;
}

const STEPS: Readonly<Record<RotationStepName, (work: Work) => Promise<void>>> = {
  async createSecret(work) {
    const { versions, target, token, report } = work;
    if (isFinished(work)) return;
    let { stages } = work;
    if (stages.pending !== undefined && stages.pending !== token) {
      await finishAbandoned(work, stages.pending);
      stages = await versions.stages();
    }
    if ((await versions.value(token)) !== undefined) return;
    const value = await target.generate(await versions.value(stages.current));
    await report("value made");
    await versions.putPending(token, value);
    await report("value stored");
  },

  async setSecret(work) {
    const { versions, target, stages, report } = work;
    if (isFinished(work)) return;
    const value = await pendingValue(work);
    if (await target.accepts(value)) return;
    await report("value refused so far");
    await target.install(value, stages.current === work.token ? undefined : await versions.value(stages.current));
    await report("value installed");
  },

  async testSecret(work) {
    if (isFinished(work)) return;
    if (await isTestOfConfiguration(work)) return;
    const value = await pendingValue(work);
    await requireAccepted(work, value);
    await work.report("value accepted");
  },

  async finishSecret(work) {
    const { versions, stages, token, report } = work;
    if (stages.current !== token) {
      // A finish step before the others would lock all services out.
      await requireAccepted(work, await pendingValue(work));
      await report("value accepted");
      await versions.promote(token, stages.current);
      await report("version promoted");
    }
    await settle(work);
  },
};

/** Whether the rotation has already completed. A version that is both current and pending may lack the last steps. */
function isFinished({ stages, token }: Work): boolean {
  return stages.current === token && stages.pending !== token;
}

/**
 * Whether Secrets Manager is testing the function after a change of the schedule: it calls only this step, for a
 * version without a value that it removes again. A successful call with the lock is all there is to test.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html (RotateImmediately)
 */
async function isTestOfConfiguration({ versions, stages, token, report }: Work): Promise<boolean> {
  if (stages.pending !== token || (await versions.value(token)) !== undefined) return false;
  await report("no value to test");
  return true;
}

async function pendingValue({ versions, stages, token }: Work): Promise<string> {
  if (stages.pending !== token) {
    throw new SternaError(
      "RotationLost",
      `version ${token} of ${versions.secretId} is not pending: ` +
        `${stages.pending === undefined ? "no version is" : `version ${stages.pending} is`}. Another rotation took over; start a new one.`,
    );
  }
  const value = await versions.value(token);
  if (value !== undefined) return value;
  throw new SternaError(
    "RotationOutOfOrder",
    `version ${token} of ${versions.secretId} has no value yet: createSecret comes first`,
  );
}

async function requireAccepted({ versions, target, token }: Work, value: string): Promise<void> {
  for (let attempt = 1; !(await target.accepts(value)); attempt++) {
    if (attempt === TEST_ATTEMPTS) {
      throw new SternaError(
        "RotationTestFailed",
        `the pending value of ${versions.secretId} (version ${token}) does not work; setSecret comes first`,
      );
    }
    await sleep(TEST_PAUSE_MILLISECONDS);
  }
}

/**
 * Another version is pending because its rotation was interrupted. The server may already know its value, and perhaps
 * no other, so it must not be discarded.
 */
async function finishAbandoned(work: Work, token: string): Promise<void> {
  const { versions, target, report } = work;
  const value = await versions.value(token);
  if (value === undefined || !(await target.accepts(value))) {
    throw new SternaError(
      "RotationPending",
      `version ${token} of ${versions.secretId} is pending and does not work yet; version ${work.token} would replace ` +
        `it, and with it the only password that a server may know. Finish the pending one first: sterna secrets rotate ` +
        `${versions.secretId} --settings <file>`,
    );
  }
  if (work.stages.current !== token) await versions.promote(token, work.stages.current);
  await report("abandoned version promoted");
  await settle({ ...work, token });
}

/** The last actions for a version that is current. */
async function settle({ versions, target, token, report }: Work): Promise<void> {
  if (target.retire !== undefined) {
    const { current, previous, pending } = await versions.stages();
    // Belongs to another rotation, which may have begun after a lock was lost.
    const next = pending === current ? undefined : pending;
    const kept = await Promise.all([current, previous, next].map((version) => versions.value(version)));
    await target.retire(kept.filter((value) => value !== undefined));
    await report("older values retired");
  }
  await versions.clearPending(token);
  await report("version settled");
}

/** Result of a whole rotation. */
export interface RotationResult {
  /** Id of the current version. */
  readonly versionId: string;

  /** Whether an interrupted rotation was finished instead of beginning another. */
  readonly resumed: boolean;
}

/**
 * Performs all steps of a rotation. An interrupted one is finished with its own token.
 *
 * @param newToken id of the version, if one is created. @default - a random one
 * @throws SternaError those of `rotationStep`
 */
export async function rotate(rotation: Rotation, newToken: string = randomUUID()): Promise<RotationResult> {
  const { pending, current } = await rotation.versions.stages();
  const resumed = pending !== undefined && pending !== current;
  const token = pending !== undefined && resumed ? pending : newToken;
  for (const step of ROTATION_STEPS) await rotationStep(rotation, step, token);
  return { versionId: token, resumed };
}
