import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Size } from "../../lib/index";
import { errorOf } from "../support/system-stack";

test("units are powers of 1024", () => {
  expect(Size.gibibytes(2).toBytes()).toBe(2 * 1024 ** 3);
  expect(Size.gibibytes(2).toMebibytes()).toBe(2048);
  expect(Size.mebibytes(1).toKibibytes()).toBe(1024);
});

test("whole amounts survive every conversion", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (amount) => {
      expect(Size.bytes(Size.gibibytes(amount).toBytes()).toGibibytes()).toBe(amount);
    }),
  );
});

test("a remainder is refused unless it is asked for", () => {
  expect(errorOf(() => Size.bytes(1500).toKibibytes())).toEqual({
    code: "InvalidSize",
    message: "1500 bytes must be a whole number of KiB here, got 1.46484375 KiB",
  });
  expect(Size.kibibytes(512).toMebibytes({ integral: false })).toBe(0.5);
});

test.each([-1, 0.3, Number.NaN])("%p is no number of bytes", (amount) => {
  expect(errorOf(() => Size.bytes(amount)).code).toBe("InvalidSize");
});

test.each([
  [Size.bytes(0), "0 bytes"],
  [Size.bytes(1), "1 byte"],
  [Size.kibibytes(1024), "1 MiB"],
  [Size.bytes(1500), "1500 bytes"],
])("sizes read in the largest unit that divides them: %s", (size, words) => {
  expect(size.toHumanString()).toBe(words);
});
