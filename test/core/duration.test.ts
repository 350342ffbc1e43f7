import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Duration } from "../../lib/index";
import { errorOf } from "../support/system-stack";

test("a duration in days converts to every smaller unit", () => {
  // GIVEN
  const duration = Duration.days(28);
  // THEN
  expect(duration.toDays()).toBe(28);
  expect(duration.toHours()).toBe(672);
  expect(duration.toMinutes()).toBe(40_320);
  expect(duration.toSeconds()).toBe(2_419_200);
  expect(duration.toMilliseconds()).toBe(2_419_200_000);
});

test("whole amounts survive every conversion", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (days) => {
      expect(Duration.seconds(Duration.days(days).toSeconds()).toDays()).toBe(days);
      expect(Duration.minutes(Duration.hours(days).toMinutes()).toHours()).toBe(days);
    }),
  );
});

test("a remainder is refused unless it is asked for", () => {
  // GIVEN
  const duration = Duration.seconds(90);
  // THEN
  expect(errorOf(() => duration.toMinutes())).toEqual({
    code: "InvalidDuration",
    message: "1 minute 30 seconds must be a whole number of minutes here, got 1.5 minutes",
  });
  expect(duration.toMinutes({ integral: false })).toBe(1.5);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("%p is no amount of time", (amount) => {
  expect(errorOf(() => Duration.hours(amount)).code).toBe("InvalidDuration");
});

test.each([
  [Duration.seconds(0), "0 seconds"],
  [Duration.seconds(1), "1 second"],
  [Duration.hours(26), "1 day 2 hours"],
  [Duration.milliseconds(1500), "1 second 500 milliseconds"],
  [Duration.minutes(61), "1 hour 1 minute"],
])("durations read like words: %s", (duration, words) => {
  expect(duration.toHumanString()).toBe(words);
  expect(`${duration}`).toBe(words);
});
