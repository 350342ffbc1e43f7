import fc from "fast-check";

/** Whether exhaustive runs are wanted: `npm run test:full`. */
export const isFull = Boolean(process.env.STERNA_TEST_FULL);

/** Chooses the samples: another one each day, and the same for whoever looks into a failure of that day. */
export const sampleSeed = Number(
  process.env.STERNA_TEST_SEED ?? new Date().toISOString().slice(0, 10).replaceAll("-", ""),
);

/** Some of the cases in `npm test`, and all of them in `npm run test:full`. Keeps their order. */
export function sampleOf<Case>(cases: readonly Case[], count: number): Case[] {
  if (isFull || count >= cases.length) return [...cases];
  const subsets = fc.shuffledSubarray([...cases.keys()], { minLength: count, maxLength: count });
  const [chosen = []] = fc.sample(subsets, { seed: sampleSeed, numRuns: 1 });
  return [...chosen].sort((a, b) => a - b).map((index) => cases[index]!);
}

/** How often something is repeated: a few times in `npm test`, many times in `npm run test:full`. */
export function repetitions(few: number, many: number): number {
  return isFull ? many : few;
}
