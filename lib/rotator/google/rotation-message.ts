import { randomUUID } from "node:crypto";
import { z } from "zod";
import { SternaError } from "../../core/errors";
import { type Rotation, rotate, type RotationResult } from "../rotation";
import type { GoogleSecretVersions } from "./secret-versions";

/** Attribute `eventType` of the message that asks whether a rotation is overdue. Cloud Scheduler sends it every day. */
export const OVERDUE_CHECK = "STERNA_OVERDUE_CHECK";

/** Longer than a message is delivered again and again. */
const GRACE_MILLISECONDS = 2 * 86_400_000;

/**
 * What Eventarc makes of a message of Pub/Sub.
 *
 * @see https://cloud.google.com/secret-manager/docs/event-notifications
 */
const pubsubEvent = z.object({
  data: z.object({
    message: z.object({
      messageId: z.string().min(1),
      publishTime: z.coerce.date(),
      attributes: z.record(z.string(), z.string()).default({}),
    }),
  }),
});

/** What a message is about, and who hears of it. */
export interface MessageContext {
  readonly versions: GoogleSecretVersions;
  readonly strategy: Rotation["strategy"];
  readonly onProgress?: Rotation["onProgress"];
  readonly rotationPeriodSeconds: number;
  readonly log: (severity: "INFO" | "ERROR", message: string) => void;
  /** @default - the time it is */
  readonly now?: Date;
}

/**
 * Does what a message of the topic of a secret asks for. Messages come at least once, in any order, and late: one that
 * was published before the last rotation began asks for nothing any more.
 *
 * @throws SternaError `RotationSettingsInvalid`, and as `rotationStep`; Pub/Sub then delivers the message again
 */
export async function handleRotationMessage(event: unknown, context: MessageContext): Promise<void> {
  const parsed = pubsubEvent.safeParse(event);
  if (!parsed.success) {
    throw new SternaError(
      "RotationSettingsInvalid",
      `this function is called with messages of Pub/Sub; the event is none: ${z.prettifyError(parsed.error)}`,
    );
  }
  const { messageId, publishTime, attributes } = parsed.data.data.message;
  if (attributes["eventType"] === OVERDUE_CHECK) return reportOverdue(context);
  // Secret Manager tells of every change of the secret, those of the rotator included.
  if (attributes["eventType"] !== "SECRET_ROTATE") return;
  const { versions, strategy, onProgress, log } = context;
  const { secretId } = versions;
  const { pending } = await versions.stages();
  const last = await versions.lastRotation();
  const done = last !== undefined && (last.token === messageId || last.startedAt >= publishTime);
  if (pending === undefined && done) {
    return log("INFO", `${secretId} was rotated since message ${messageId}: ${last.startedAt.toISOString()}`);
  }
  const { versionId, resumed } = await rotateGoogleSecret({ versions, strategy, onProgress }, messageId);
  log("INFO", `${secretId}: rotation ${versionId} ${resumed ? "was broken off, and is finished" : "is done"}`);
}

/** Tells the log, which an alert reads. Not by failing, which would bring the question back again and again. */
async function reportOverdue({
  versions,
  rotationPeriodSeconds,
  log,
  now = new Date(),
}: MessageContext): Promise<void> {
  const last = await versions.lastRotation();
  const due = last && last.startedAt.getTime() + rotationPeriodSeconds * 1000;
  if (due !== undefined && now.getTime() - due <= GRACE_MILLISECONDS) return;
  log(
    "ERROR",
    `the secret ${versions.secretId} should have been rotated by ${due === undefined ? "now" : new Date(due).toISOString()}; ` +
      `its last rotation was ${last?.startedAt.toISOString() ?? "never"}`,
  );
}

/**
 * Does a whole rotation of a secret of Google Secret Manager. One that was broken off is finished, and then no other one
 * is begun: two in a row would end values that services still have, since `latest` lags behind.
 *
 * @param newToken id of the rotation, where one is begun. @default - a random one
 * @throws SternaError as `rotationStep`
 */
export async function rotateGoogleSecret(rotation: Rotation, newToken: string = randomUUID()): Promise<RotationResult> {
  const { pending } = await rotation.versions.stages();
  return { ...(await rotate(rotation, pending ?? newToken)), resumed: pending !== undefined };
}
