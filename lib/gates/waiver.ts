import { z } from "zod";
import type { WaiverData } from "../core/gate-data";
import { describeIssues } from "../core/read-json-file";
import { SternaError } from "../core/sterna-error";

/** Leave to go past a gate: committed, reviewed, and at an end by itself. */
export interface Waiver {
  /** Id of the gate, or `maintenance-window`. */
  readonly gate: string;

  /** Why the gate may be passed. */
  readonly reason: string;

  /** Who answers for it, by name. */
  readonly by: string;

  /** From when on it no longer counts: a date, which means its end in UTC, or a time in UTC. */
  readonly expires: string;

  /**
   * Addresses in Terraform that it is about, such as `aws_lb_listener.http`; for S and P gates.
   * @default - all
   */
  readonly resources?: readonly string[];
}

const words = z.string().trim().min(1, "must not be empty");
const waiver = z.strictObject({
  gate: words,
  reason: words,
  by: words,
  expires: z.union([z.iso.date(), z.iso.datetime()], 'must be a date or a time in UTC, such as "2026-12-31"'),
  resources: z.array(words).min(1, "must name a resource; leave it out for all").optional(),
});

/**
 * The waiver as `sterna.json` holds it.
 *
 * @throws SternaError `InvalidWaiver`
 */
export function toWaiverData(from: Waiver): WaiverData {
  const parsed = waiver.safeParse(from);
  if (!parsed.success) {
    throw new SternaError("InvalidWaiver", `a waiver is not as it should be:\n${describeIssues(parsed.error)}`);
  }
  const { expires, ...rest } = parsed.data;
  return { ...rest, expires: expires.includes("T") ? expires : `${expires}T23:59:59.999Z` };
}
