import type { IConstruct } from "constructs";
import type { ErrorCode } from "./error-codes";
import { report, SternaError } from "./errors";

/** How a `Duration` is converted. */
export interface DurationConversionOptions {
  /**
   * Whether a remainder is refused: 90 seconds are not a whole number of minutes.
   * @default true
   */
  readonly integral?: boolean;
}

const MILLISECONDS = { day: 86_400_000, hour: 3_600_000, minute: 60_000, second: 1_000, millisecond: 1 } as const;
type Unit = keyof typeof MILLISECONDS;

/** A length of time with its unit: `Duration.days(28)`. */
export class Duration {
  /** @throws SternaError `InvalidDuration` when the amount is negative or not finite */
  static milliseconds(amount: number): Duration {
    return new Duration(amount, "millisecond");
  }

  /** @throws SternaError `InvalidDuration` when the amount is negative or not finite */
  static seconds(amount: number): Duration {
    return new Duration(amount, "second");
  }

  /** @throws SternaError `InvalidDuration` when the amount is negative or not finite */
  static minutes(amount: number): Duration {
    return new Duration(amount, "minute");
  }

  /** @throws SternaError `InvalidDuration` when the amount is negative or not finite */
  static hours(amount: number): Duration {
    return new Duration(amount, "hour");
  }

  /** @throws SternaError `InvalidDuration` when the amount is negative or not finite */
  static days(amount: number): Duration {
    return new Duration(amount, "day");
  }

  private readonly totalMilliseconds: number;

  private constructor(amount: number, unit: Unit) {
    if (!Number.isFinite(amount) || amount < 0) {
      throw new SternaError(
        "InvalidDuration",
        `a duration must be a finite number of ${unit}s, 0 or more, got ${amount}; a value that only Terraform knows cannot be a duration`,
      );
    }
    this.totalMilliseconds = amount * MILLISECONDS[unit];
  }

  /** @throws SternaError `InvalidDuration` when there is a remainder and `integral` is not `false` */
  toMilliseconds(options: DurationConversionOptions = {}): number {
    return this.to("millisecond", options);
  }

  /** @throws SternaError `InvalidDuration` when there is a remainder and `integral` is not `false` */
  toSeconds(options: DurationConversionOptions = {}): number {
    return this.to("second", options);
  }

  /** @throws SternaError `InvalidDuration` when there is a remainder and `integral` is not `false` */
  toMinutes(options: DurationConversionOptions = {}): number {
    return this.to("minute", options);
  }

  /** @throws SternaError `InvalidDuration` when there is a remainder and `integral` is not `false` */
  toHours(options: DurationConversionOptions = {}): number {
    return this.to("hour", options);
  }

  /** @throws SternaError `InvalidDuration` when there is a remainder and `integral` is not `false` */
  toDays(options: DurationConversionOptions = {}): number {
    return this.to("day", options);
  }

  /** The duration in words: `1 day 2 hours`, `90 milliseconds`, `0 seconds`. */
  toHumanString(): string {
    const words: string[] = [];
    let rest = this.totalMilliseconds;
    for (const unit of ["day", "hour", "minute", "second"] as const) {
      const amount = Math.floor(rest / MILLISECONDS[unit]);
      rest -= amount * MILLISECONDS[unit];
      if (amount > 0) words.push(`${amount} ${unit}${amount === 1 ? "" : "s"}`);
    }
    if (rest > 0) words.push(`${rest} millisecond${rest === 1 ? "" : "s"}`);
    return words.join(" ") || "0 seconds";
  }

  /** The same as `toHumanString()`. */
  toString(): string {
    return this.toHumanString();
  }

  private to(unit: Unit, { integral = true }: DurationConversionOptions): number {
    const amount = this.totalMilliseconds / MILLISECONDS[unit];
    if (integral && !Number.isInteger(amount)) {
      throw new SternaError(
        "InvalidDuration",
        `${this.toHumanString()} must be a whole number of ${unit}s here, got ${amount} ${unit}s`,
      );
    }
    return amount;
  }
}

/** How a store or a service counts days. */
export interface DayRule {
  readonly code: ErrorCode;

  /** As in "S3 counts whole days". */
  readonly says: string;

  /** The minimum number of days. */
  readonly least: number;
}

/** S3 Lifecycle counts whole days and runs once a day, at midnight UTC. */
const LIFECYCLE: DayRule = { code: "NotWholeDays", says: "S3 counts whole days.", least: 0 };

/**
 * The days of a duration, where the service ignores parts of a day.
 *
 * @param of name of the option
 * @throws ValidationError with the code of the rule
 */
export function wholeDays(duration: Duration, of: string, construct: IConstruct, rule: DayRule = LIFECYCLE): number {
  const days = duration.toDays({ integral: false });
  if (Number.isInteger(days) && days >= rule.least) return days;
  const rounded = Math.max(rule.least, Math.ceil(days));
  report(construct, rule.code, `${of} is ${duration}; ${rule.says} Write Duration.days(${rounded})`);
  return rounded;
}
