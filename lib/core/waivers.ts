import type { WaiverData } from "./gate-data";

/** Whether a waiver still counts. */
export function isInForce({ expires }: Pick<WaiverData, "expires">, now: Date): boolean {
  return now.getTime() < Date.parse(expires);
}

/**
 * The waiver that lets something past a gate.
 *
 * @param address what is let past; the whole gate when absent, which a waiver for single resources does not cover
 */
export function findWaiver(
  waivers: readonly WaiverData[],
  gate: string,
  now: Date,
  address?: string,
): WaiverData | undefined {
  return waivers.find(
    (waiver) =>
      waiver.gate === gate &&
      isInForce(waiver, now) &&
      (waiver.resources === undefined || (address !== undefined && waiver.resources.includes(address))),
  );
}

/** What to add to a refusal when a waiver for it was there and ended. */
export function expiredWaiver(waivers: readonly WaiverData[], gate: string, now: Date): string {
  const ended = waivers.find((waiver) => waiver.gate === gate && !isInForce(waiver, now));
  return ended === undefined ? "" : ` (the waiver of ${ended.by} ended ${ended.expires})`;
}
