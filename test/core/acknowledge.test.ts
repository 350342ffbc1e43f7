import { describe, expect, test } from "@jest/globals";
import { TerraformStack, Testing } from "cdktf";
import { type Acknowledgements, isAcknowledged, validateAcknowledgements } from "../../lib/core/acknowledge";
import { errorOf } from "../support/system-stack";

const validate = (acknowledge: object | undefined, owner?: string) =>
  validateAcknowledgements(
    acknowledge as Acknowledgements<"DestroyWithoutReason">,
    ["DestroyWithoutReason"],
    new TerraformStack(Testing.app(), "test"),
    owner,
  );

describe("An acknowledgement", () => {
  test.each([[undefined], [{}], [{ DestroyWithoutReason: undefined }], [{ DestroyWithoutReason: "the test is over" }]])(
    "of %j is taken",
    (acknowledge) => {
      expect(() => validate(acknowledge)).not.toThrow();
    },
  );

  test.each([[""], [" \n"], [true], [null]])("with the reason %j is refused with the code that it is for", (reason) => {
    expect(errorOf(() => validate({ DestroyWithoutReason: reason }, "lock"))).toMatchObject({
      code: "DestroyWithoutReason",
      message: expect.stringMatching(
        /^lock\.acknowledge gives no reason.*acknowledge: \{ DestroyWithoutReason: "<reason>" \}/,
      ),
    });
  });

  test("of a code that means nothing there is refused, with those that do", () => {
    expect(errorOf(() => validate({ StatefulInColor: "it is fine" }))).toMatchObject({
      code: "NothingToAcknowledge",
      message: expect.stringMatching(/names "StatefulInColor".*DestroyWithoutReason/),
    });
  });

  test("waives its own error only", () => {
    const acknowledge: Acknowledgements<"DestroyWithoutReason" | "StatefulInColor"> = { DestroyWithoutReason: "-" };
    expect(isAcknowledged(acknowledge, "DestroyWithoutReason")).toBe(true);
    expect(isAcknowledged(acknowledge, "StatefulInColor")).toBe(false);
    expect(isAcknowledged({ DestroyWithoutReason: " " }, "DestroyWithoutReason")).toBe(false);
  });
});
