import { z } from "zod";

/** What has to hold before a rollout goes on: what the constructs with colours say in `sterna.json`. */
export const rolloutRules = z.object({
  /** How long a phase has to stand, in seconds. */
  bakeSeconds: z.number().nonnegative(),
  /** Names of the CloudWatch alarms that speak against a colour. */
  alarms: z.object({ blue: z.array(z.string()), green: z.array(z.string()) }),
});
export type RolloutRules = z.infer<typeof rolloutRules>;

/** The rules of several constructs of one stack: the longest bake time, the alarms of all. */
export function mergeRolloutRules(one: RolloutRules | undefined, other: RolloutRules): RolloutRules {
  if (one === undefined) return other;
  return {
    bakeSeconds: Math.max(one.bakeSeconds, other.bakeSeconds),
    alarms: {
      blue: [...one.alarms.blue, ...other.alarms.blue],
      green: [...one.alarms.green, ...other.alarms.green],
    },
  };
}
