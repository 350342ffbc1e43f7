import type { IConstruct } from "constructs";
import type { Fail } from "./lifecycle-failure";
import type { TierTransition } from "./lifecycle-rule";
import { wholeDays } from "./s3-validation";
import { Tier } from "./tier";

interface Rung {
  readonly tier: Tier;
  readonly days: number;
}

/**
 * Refuses transitions that S3 does not make.
 *
 * @param what `objects` or `old versions`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 */
export function validateLadder(
  transitions: readonly TierTransition[],
  what: string,
  fail: Fail,
  construct: IConstruct,
): void {
  let previous: Rung | undefined;
  for (const { tier, after } of transitions) {
    const days = wholeDays(after, `transition to ${tier}`, construct);
    if (days < tier.s3.minimumAge) {
      fail(
        "TransitionTooEarly",
        `moves ${what} to ${tier} (${tier.s3.id}) after ${days} days; S3 takes them from ${tier.s3.minimumAge} days on. ` +
          `Write after: Duration.days(${tier.s3.minimumAge}) or more.`,
      );
    }
    if (previous) validateRung(previous, { tier, days }, what, fail);
    previous = { tier, days };
  }
}

function validateRung(from: Rung, to: Rung, what: string, fail: Fail): void {
  if (!from.tier.s3.movesTo.includes(to.tier.s3.id)) {
    const allowed = Tier.all.filter((tier) => from.tier.s3.movesTo.includes(tier.s3.id));
    fail(
      "TransitionNotSupported",
      `S3 moves no object from ${from.tier} to ${to.tier}. From ${from.tier} it goes ` +
        `${allowed.length > 0 ? `to ${allowed.join(", ")}` : "nowhere"}. Order the transitions from the warmest tier to the coldest.`,
    );
  }
  if (to.days <= from.days) {
    fail(
      "TransitionsNotIncreasing",
      `moves ${what} to ${to.tier} after ${to.days} days, but to the warmer ${from.tier} after ${from.days}. Each transition must come later than the one before.`,
    );
  }
  const earliest = from.days + from.tier.s3.minimumStorageDays;
  if (to.days < earliest) {
    fail(
      "TransitionBeforeMinimumStorage",
      `moves ${what} from ${from.tier} to ${to.tier} after ${to.days - from.days} days; S3 wants them to stay there ` +
        `for ${from.tier.s3.minimumStorageDays}. Write after: Duration.days(${earliest}) or more for ${to.tier}.`,
    );
  }
}
