import { describe, expect, it } from "@jest/globals";
import { z } from "zod";
import { EngineError } from "../../lib/engine/engine-error";
import { maskEverywhere } from "../../lib/engine/secrets/redactor";
import { failure, warning } from "../../lib/provider/diagnostics";

describe("a diagnostic", () => {
  it("of a mistake holds its code and its message, never a stack", () => {
    expect(failure("Step failed", new EngineError("StepFailed", "the reason"))).toEqual({
      severity: 1,
      summary: "Step failed [StepFailed]",
      detail: "the reason",
    });
  });

  it("of a program that does not match names the fields, not the values", () => {
    // WHEN
    const { error } = z.object({ a: z.object({ b: z.number() }) }).safeParse({ a: { b: "canary-4711" } });
    const { detail } = failure("Step failed", error);

    // THEN
    expect(detail).toMatch(/^a\.b: /);
    expect(detail).not.toContain("canary");
  });

  it.each([new TypeError("x is undefined"), "a text", undefined, null])(
    "of a defect asks for a report: %p",
    (error) => {
      expect(failure("Step failed", error).detail).toMatch(/^This is a defect of Sterna; please report it\.\n./);
    },
  );

  it("does not tell what was fetched, whoever fetched it", () => {
    maskEverywhere("canary-of-a-ledger");
    const told = [
      failure("canary-of-a-ledger", new TypeError("canary-of-a-ledger")),
      warning("Look", "canary-of-a-ledger"),
    ];
    expect(JSON.stringify(told)).not.toContain("canary");
  });

  it("points at its argument", () => {
    expect(warning("Look", "here", "program")).toEqual({
      severity: 2,
      summary: "Look",
      detail: "here",
      attribute: { steps: [{ attributeName: "program" }] },
    });
  });
});
