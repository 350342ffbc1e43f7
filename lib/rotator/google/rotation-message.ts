import { randomUUID } from "node:crypto";
import { z } from "zod";
import { SternaError } from "../../core/errors";
import { type Rotation, rotate, type RotationResult } from "../rotation";
import type { GoogleSecretVersions } from "./secret-versions";

/**
 * Attribute `eventType` of the message that checks whether a rotation is overdue. Cloud Scheduler sends it every day.
 */
export const OVERDUE_CHECK = "STERNA_OVERDUE_CHECK";

/** Longer than the redelivery of a message. */
const GRACE_MILLISECONDS = 2 * 86_400_000;

/**
 * A Pub/Sub message in the form that Eventarc delivers.
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

/** Context of a message. */
export interface MessageContext {
  readonly versions: GoogleSecretVersions;
  readonly strategy: Rotation["strategy"];
  readonly onProgress?: Rotation["onProgress"];
  readonly rotationPeriodSeconds: number;
  readonly log: (severity: "INFO" | "ERROR", message: string) => void;
  /** @default - the current time */
  readonly now?: Date;
}

/**
 * Handles a message of a secret's topic. Messages arrive at least once, in any order, and late: one that was published
 * before the last rotation began is ignored.
 *
 * @throws SternaError `RotationSettingsInvalid`, and those of `rotationStep`; Pub/Sub then redelivers the message
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
  // Secret Manager sends a message for every change of the secret, including those of the rotator.
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

/** Writes to the log, which an alert reads. Failing instead would redeliver the message again and again. */
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
 * Performs a whole rotation of a secret in Google Secret Manager. If an interrupted rotation is finished, no other one
 * is begun: two in a row would end values that services still use, since `latest` lags behind.
 *
 * @param newToken id of the rotation, if one is begun. @default - a random one
 * @throws SternaError those of `rotationStep`
 */
export async function rotateGoogleSecret(rotation: Rotation, newToken: string = randomUUID()): Promise<RotationResult> {
  const { pending } = await rotation.versions.stages();
  return { ...(await rotate(rotation, pending ?? newToken)), resumed: pending !== undefined };
}
