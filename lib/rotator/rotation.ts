import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SternaError } from "../core/errors";

/** What gets new values: a server with users, or nothing but the secret itself. All methods can be repeated. */
export interface RotationTarget {
  /**
   * Makes a new value. Changes nothing.
   * @param current the value in use; nothing before the first rotation
   */
  generate(current: string | undefined): Promise<string>;

  /** Whether a value works. @throws when that cannot be found out: a server that does not answer is no answer */
  accepts(value: string): Promise<boolean>;

  /** Makes a value work. The current one goes on working, unless the strategy says otherwise. */
  install(value: string, current: string | undefined): Promise<void>;

  /** Ends what no longer may work. @param kept the values that go on working: the current, the previous, and the next one */
  retire?(kept: readonly string[]): Promise<void>;
}

/** How values of one kind are rotated. */
export interface RotationStrategy {
  /** Runs `work` while nobody else works on the same secret. @throws SternaError `RotationLocked` */
  exclusively<Result>(work: (target: RotationTarget) => Promise<Result>): Promise<Result>;
}

/** Called at each point of a rotation that could be its last; the name says what has just been done. */
export type OnProgress = (point: string) => void | Promise<void>;

/** Version ids by what the versions are to a rotation. */
export interface Stages {
  /** What services read. */
  readonly current?: string | undefined;

  /** What a rotation that is not over has made. Also current between its promotion and its end. */
  readonly pending?: string | undefined;

  /** What services read before. */
  readonly previous?: string | undefined;
}

/** The versions of one secret, as a rotation sees them. A version that is being made has the rotation's token as its id. */
export interface SecretVersions {
  /** What the secret is called, for messages. */
  readonly secretId: string;

  stages(): Promise<Stages>;

  /** The value of one of the versions that `stages` named last; nothing while it has none. */
  value(versionId: string | undefined): Promise<string | undefined>;

  /** The current value of another secret. */
  currentValueOf(secretId: string): Promise<string | undefined>;

  /** Stores a new value as pending. A value that the version has already stays as it is. */
  putPending(versionId: string, value: string): Promise<void>;

  /** Makes a pending version current, and the one that was current previous. @param from what was current */
  promote(versionId: string, from: string | undefined): Promise<void>;

  /** Ends the rotation that made a version. */
  clearPending(versionId: string): Promise<void>;
}

/** The four steps of a rotation, in their order. */
export const ROTATION_STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
export type RotationStepName = (typeof ROTATION_STEPS)[number];

/** A secret, and how it is rotated. */
export interface Rotation {
  readonly versions: SecretVersions;
  readonly strategy: RotationStrategy;
  readonly onProgress?: OnProgress;
}

/** Replicas and caches of a server take a moment to learn a new password. */
const TEST_ATTEMPTS = 5;
const TEST_PAUSE_MILLISECONDS = 500;

/**
 * Does one step of a rotation, as Secrets Manager asks a rotation function for it. Each step can be repeated, may come
 * in any order, and may be ended by a crash at any point: whatever comes next, the secret's current value works as far
 * as the strategy promises, and no value is lost that a server knows.
 *
 * @param token id of the version that is being made
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
      // A finish that comes before the other steps would lock everybody out.
      await requireAccepted(work, await pendingValue(work));
      await report("value accepted");
      await versions.promote(token, stages.current);
      await report("version promoted");
    }
    await settle(work);
  },
};

/** Whether the rotation went through before. A version that is current and still pending may lack its last steps. */
function isFinished({ stages, token }: Work): boolean {
  return stages.current === token && stages.pending !== token;
}

/**
 * Whether Secrets Manager tries the function after a change of the schedule: it calls this step alone, for a version
 * without a value that it removes again. That the function was called and got the lock is all there is to test.
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
 * Another version is pending: its rotation was broken off. A server may know its value already, and perhaps no other,
 * so it must not be given up.
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

/** The last things, for a version that is current. */
async function settle({ versions, target, token, report }: Work): Promise<void> {
  if (target.retire !== undefined) {
    const { current, previous, pending } = await versions.stages();
    // Of another rotation, which may have begun where a lock was lost.
    const next = pending === current ? undefined : pending;
    const kept = await Promise.all([current, previous, next].map((version) => versions.value(version)));
    await target.retire(kept.filter((value) => value !== undefined));
    await report("older values retired");
  }
  await versions.clearPending(token);
  await report("version settled");
}

/** What a whole rotation did. */
export interface RotationResult {
  /** Id of the version that is current now. */
  readonly versionId: string;

  /** Whether a rotation that had been broken off was finished, instead of beginning another. */
  readonly resumed: boolean;
}

/**
 * Does all steps of a rotation here. One that was broken off is finished, with its own token.
 *
 * @param newToken id of the version, where one is made. @default - a random one
 * @throws SternaError as `rotationStep`
 */
export async function rotate(rotation: Rotation, newToken: string = randomUUID()): Promise<RotationResult> {
  const { pending, current } = await rotation.versions.stages();
  const resumed = pending !== undefined && pending !== current;
  const token = pending !== undefined && resumed ? pending : newToken;
  for (const step of ROTATION_STEPS) await rotationStep(rotation, step, token);
  return { versionId: token, resumed };
}
