import { expect, test } from "@jest/globals";
import { Token } from "cdktf";
import { Construct } from "constructs";
import { SternaError, ValidationError } from "../../lib/index";
import { isUnresolved } from "../../lib/core/tokens";

class Root extends Construct {
  constructor() {
    super(undefined as never, "");
  }
}

test("the message ends with the path of the construct", () => {
  // GIVEN
  const construct = new Construct(new Construct(new Root(), "stack"), "bucket");
  // WHEN
  const error = new ValidationError("InvalidStep", "days must be 30 or more, got 3", construct);
  // THEN
  expect(error.message).toBe("days must be 30 or more, got 3 [at stack/bucket]");
  expect(error).toMatchObject({ name: "ValidationError", code: "InvalidStep", constructPath: "stack/bucket" });
  expect(error).toBeInstanceOf(SternaError);
});

test("the mistake of a value object gets the path of the construct that uses it", () => {
  // GIVEN
  const construct = new Construct(new Root(), "stack");
  const mistake = new SternaError("InvalidRelease", '"one" is not a release');
  // WHEN
  const work = () =>
    ValidationError.locate(construct, () => {
      throw mistake;
    });
  // THEN
  expect(work).toThrow(new ValidationError("InvalidRelease", '"one" is not a release', construct));
});

test("a located mistake keeps its first path, and a defect stays what it is", () => {
  // GIVEN
  const inner = new Construct(new Root(), "inner");
  const outer = new Construct(new Root(), "outer");
  const mistake = new ValidationError("InvalidStep", "no", inner);
  const defect = new TypeError("x is undefined");
  const throwing = (error: Error) => () =>
    ValidationError.locate(outer, () => {
      throw error;
    });
  // THEN
  expect(throwing(mistake)).toThrow(mistake);
  expect(throwing(defect)).toThrow(defect);
});

test("a value that only Terraform knows is unresolved, also inside of a text", () => {
  expect(isUnresolved(`prefix-${Token.asString({ resolve: () => "x" })}`)).toBe(true);
  expect(isUnresolved(Token.asNumber({ resolve: () => 1 }))).toBe(true);
  expect(isUnresolved("plain ${HOME}")).toBe(false);
});
