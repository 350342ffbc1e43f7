import { createHash } from "node:crypto";
import { seededRandom, type Random } from "../fixtures/app-ef/random";

/**
 * The random numbers of one decision. They depend on the seed of the run and on what is decided, never on how many
 * numbers other decisions took: what happens differently from run to run changes no later choice.
 *
 * @param decision such as `"step", 3, 7`: step 7 of round 3
 */
export function randomFor(seed: number, ...decision: (string | number)[]): Random {
  const digest = createHash("sha256")
    .update(JSON.stringify([seed, ...decision]))
    .digest();
  return seededRandom(digest.readUInt32BE());
}
