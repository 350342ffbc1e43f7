import type { Random } from "../../fixtures/app-ef/random";
import type { Phase, Round } from "../round";

/** Something bad that happens while steps are applied or undone. */
export interface Fault {
  readonly phases: readonly Phase[];

  /** Why it cannot be done here, whatever the round. */
  missing?(laboratory: Round["laboratory"]): string | undefined;

  /** Whether it makes sense in a round. @default - in every one */
  fits?(round: Round): boolean;

  /**
   * Makes it happen, and mends what a person would have to mend.
   * @returns whether it hit anything: an apply may end before its fault comes
   */
  inject(round: Round, random: Random): Promise<boolean>;
}
