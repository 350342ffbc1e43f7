import { z } from "zod";
import type { ReportedProof, ReportedWaiver } from "../promotion-report";

const time = z.iso.datetime({ error: 'must be a time in UTC, such as "2026-01-31T12:00:00Z"' });

/** Schema of one waiver: lets one change through that the environment before did not prove. */
export const waiver = z.strictObject({
  system: z.string().min(1),
  environment: z.string().min(1).describe("Environment that takes the change"),
  release: z.string().min(1).describe("Release that it is taken with; it says nothing about any other"),
  change: z.string().min(1).describe("Address of the resource, or id of the step. There are no patterns"),
  reason: z.string().trim().min(1).describe("Why it is let through"),
  by: z.string().trim().min(1).describe("Who answers for it"),
  expires: time.describe("From when on it no longer counts, UTC"),
});
export type Waiver = z.infer<typeof waiver>;

/** Schema of `waivers.json`, which is committed and reviewed like everything else. */
export const waiversFile = z.strictObject({
  $schema: z.string().optional(),
  waivers: z.array(waiver),
});

/** What a waiver is for. */
export type WaiverPlace = Pick<Waiver, "system" | "environment" | "release">;

/** The waivers for one plan. */
export class Waivers {
  private readonly valid = new Map<string, ReportedWaiver>();
  /** Names of changes whose waiver expired. */
  readonly expired: ReadonlySet<string>;

  /** @param now milliseconds since 1970 */
  constructor(all: readonly Waiver[], place: WaiverPlace, now: number) {
    const here = all.filter(
      ({ system, environment, release }) =>
        system === place.system && environment === place.environment && release === place.release,
    );
    for (const { change, by, reason, expires } of here) {
      if (Date.parse(expires) > now) this.valid.set(change, { by, reason, expires });
    }
    this.expired = new Set(here.map(({ change }) => change).filter((change) => !this.valid.has(change)));
  }

  /** The proof of a change, with its waiver where it needs one and has one. */
  apply(name: string, proof: ReportedProof): ReportedProof {
    const found = proof.class === "PROVEN" ? undefined : this.valid.get(name);
    return found === undefined ? proof : { ...proof, waiver: found };
  }
}
