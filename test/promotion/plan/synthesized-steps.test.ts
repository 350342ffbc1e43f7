import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { terraformLiteral } from "../../../lib/core/tokens";
import { programChecksum } from "../../../lib/manifest/checksum";
import { program } from "../../support/program";
import {
  synthesizedDefinitions,
  synthesizedStack,
  synthesizedSteps,
} from "../../../lib/promotion/plan/synthesized-steps";

function read(block: object) {
  const stack = { resource: { sterna_step: { one: { id: "one", release: "1.0.0", ...block } } } };
  return synthesizedSteps(synthesizedStack.parse(stack))[0]!;
}

describe("steps of a synthesized stack", () => {
  it("have the checksum of their program, whatever templates it looks like", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("$", "{", "%", "}", "a", '"', "\\") }), (text) => {
        const parsed = program.parse({ kind: "command", up: `x${text}`, verify: [{ query: "q", expected: text }] });
        const step = read({ program: terraformLiteral(JSON.stringify(parsed)), title: terraformLiteral(text) });
        expect(step.checksum).toBe(programChecksum(parsed));
        expect(step.title).toBe(text);
      }),
    );
  });

  it("have no checksum while Terraform has to work the program out", () => {
    const json = '{"kind":"command","up":"echo ${aws_s3_bucket.b.id}","verify":[{"query":"q","expected":"e"}]}';

    expect(read({ program: json })).not.toHaveProperty("checksum");
  });

  it("are none in a stack without steps", () => {
    expect(synthesizedSteps(synthesizedStack.parse({ resource: { aws_s3_bucket: { a: {} } } }))).toEqual([]);
    expect(synthesizedSteps(synthesizedStack.parse({}))).toEqual([]);
  });
});

describe("definitions of a synthesized stack", () => {
  const PROGRAM = '{"kind":"command","up":"echo $${HOME}","verify":[{"query":"q","expected":"e"}]}';
  const define = (block: object) => {
    const step = { id: "one", system: "shop", release: "1.0.0", program: PROGRAM, ...block };
    return synthesizedDefinitions(synthesizedStack.parse({ resource: { sterna_step: { one: step } } }), "staging");
  };

  it("are what the provider makes of the same block", () => {
    expect(define({ irreversible: "costs $${5}", on_destroy: "keep", timeout: 60 }).get("one")).toMatchObject({
      environment: "staging",
      title: "one",
      program: { up: "echo ${HOME}" },
      irreversible: "costs ${5}",
      onRetry: "resume",
      onDestroy: "keep",
      timeout: 60,
      variables: {},
    });
  });

  it.each([
    ["a value that only Terraform knows", { variables: { BUCKET: "${aws_s3_bucket.b.id}" } }],
    ["a program of another version", { program: '{"kind":"teleport"}' }],
  ])("leave out a step with %s", (_what, block) => {
    expect([...define(block).keys()]).toEqual([]);
  });

  it("do not depend on a proof that only Terraform knows", () => {
    expect([...define({ proof: "${data.x.y}" }).keys()]).toEqual(["one"]);
  });
});
