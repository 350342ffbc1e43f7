import { beforeEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { mkdtempSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  evidenceFile,
  readAllEvidence,
  readEvidence,
  writeEvidence,
  type NewEvidence,
} from "../../lib/manifest/evidence";
import { errorOf, temporaryDirectory } from "../support/system-stack";

const scratch = temporaryDirectory();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(scratch, "project-"));
});

const SHOWN: NewEvidence = {
  gate: "load-test",
  system: "r3mes",
  environment: "production",
  release: "1.0.0",
  by: "Ada Lovelace",
  at: "2026-01-31T12:00:00.000Z",
  expires: "2026-03-01T00:00:00.000Z",
  link: "https://ci.example.org/runs/7",
  note: "2,000 requests a second",
  facts: { requestsPerSecond: 2000, succeeded: true, tool: "k6" },
};
const KEY = { system: "r3mes", environment: "production", gate: "load-test" };

test("evidence is read as it was written, from a file that a person can read", () => {
  // WHEN
  const file = writeEvidence(directory, SHOWN);
  // THEN
  expect(file).toBe(join(directory, "evidence/r3mes/production/load-test.json"));
  expect(readFileSync(file, "utf8")).toMatch(/^\{\n {2}"version": 1,\n/);
  expect(readEvidence(directory, KEY)).toEqual({ version: 1, ...SHOWN });
  expect(readEvidence(directory, { ...KEY, gate: "audit" })).toBeUndefined();
});

test("a later attestation takes the place of the one before, and leaves no draft", () => {
  writeEvidence(directory, SHOWN);
  writeEvidence(directory, { ...SHOWN, release: "1.1.0", facts: undefined });
  expect(readEvidence(directory, KEY)).toMatchObject({ release: "1.1.0", facts: {} });
  expect(readdirSync(join(directory, "evidence/r3mes/production"))).toEqual(["load-test.json"]);
});

test("all evidence of an environment is found, by gate, and none of another", () => {
  writeEvidence(directory, SHOWN);
  writeEvidence(directory, { ...SHOWN, gate: "audit" });
  writeEvidence(directory, { ...SHOWN, environment: "staging" });
  expect([...readAllEvidence(directory, "r3mes", "production").keys()]).toEqual(["audit", "load-test"]);
  expect(readAllEvidence(directory, "argus", "production").size).toBe(0);
});

test.each(["system", "environment", "gate"] as const)(
  "a file that was copied from another %s proves nothing",
  (part) => {
    // GIVEN
    const other = { ...SHOWN, [part]: "other" };
    renameSync(writeEvidence(directory, other), (writeEvidence(directory, SHOWN), evidenceFile(directory, KEY)));
    // THEN
    expect(errorOf(() => readEvidence(directory, KEY))).toMatchObject({
      code: "InvalidEvidence",
      message: expect.stringContaining(`is for the ${part} "other"`),
    });
  },
);

test.each<[string, Partial<Record<keyof NewEvidence, unknown>>]>([
  ["by", { by: "  " }],
  ["expires", { expires: "tomorrow" }],
  ["at", { at: "2026-01-31T12:00:00+02:00" }],
  ["release", { release: "v1" }],
  ["gate", { gate: "../../escape" }],
  ["link", { link: "javascript:alert(1)" }],
  ["facts.list", { facts: { list: [1] } }],
])("evidence with a wrong %s is refused, and no file is written", (place, wrong) => {
  expect(errorOf(() => writeEvidence(directory, { ...SHOWN, ...wrong } as NewEvidence))).toMatchObject({
    code: "InvalidEvidence",
    message: expect.stringContaining(`${place}: `),
  });
  expect(readdirSync(directory)).toEqual([]);
});

test("a file that somebody broke is named", () => {
  const file = writeEvidence(directory, SHOWN);
  writeFileSync(file, '{"version": 2}');
  expect(errorOf(() => readEvidence(directory, KEY))).toMatchObject({
    code: "InvalidEvidence",
    message: expect.stringContaining(file),
  });
});

test("any facts survive", () => {
  const fact = fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ minLength: 1 }).filter((name) => name !== "__proto__"),
        fact,
      ),
      (facts) => {
        writeEvidence(directory, { ...SHOWN, facts });
        expect(JSON.stringify(readEvidence(directory, KEY)!.facts)).toBe(JSON.stringify(facts));
      },
    ),
    { numRuns: 50 },
  );
});
