import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { SecretReference, variable } from "../../lib/index";
import { IDENTIFIER, isIdentifier } from "../../lib/core/names";
import { holdsPassword } from "../../lib/core/secrets-in-text";
import { terraformLiteral } from "../../lib/core/tokens";
import { stepDefinition } from "../../lib/manifest/step-record";
import { errorOf } from "../support/system-stack";

test("Terraform finds no template in a literal, and reads it back unchanged", () => {
  const text = fc.string({ unit: fc.constantFrom("$", "{", "%", "}", "a", "\\", "\n") });
  fc.assert(
    fc.property(text, (original) => {
      // WHEN
      const literal = terraformLiteral(original);
      // THEN
      expect(literal.replaceAll("$${", " ").replaceAll("%%{", " ")).not.toMatch(/[$%]\{/);
      expect(literal.replaceAll("$${", () => "${").replaceAll("%%{", () => "%{")).toBe(original);
    }),
  );
});

test("a shell variable in a script is no expression of Terraform", () => {
  expect(terraformLiteral("echo ${HOME} %{x} $HOME")).toBe("echo $${HOME} %%{x} $HOME");
});

test.each([
  ["postgresql://app:hunter2@db.internal:5432/app", true],
  ["see https://bob:pw@example.org/", true],
  ["curl https://$USER:${PASSWORD}@example.org", false],
  ["postgresql://app@db.internal:5432/app", false],
  ["http://localhost:8000/users/a:b@c", false],
  ["redis://:secret@cache:6379/0", true],
])("%s holds a password: %p", (text, expected) => {
  expect(holdsPassword(text)).toBe(expected);
});

test("what may name a step here may name one in the ledger", () => {
  // The engine cannot import the construct side, so the rule stands twice.
  expect(IDENTIFIER.source).toBe(/^[a-z][a-z0-9-]{0,62}$/.source);
  for (const id of ["create-schema", "a", "a".repeat(63), "", "A", "1a", "a_b", "a".repeat(64)]) {
    expect(stepDefinition.shape.id.safeParse(id).success).toBe(isIdentifier(id));
  }
});

test("references name what they refer to", () => {
  expect(variable("BUCKET")).toEqual({ variable: "BUCKET" });
  expect(SecretReference.environment("DATABASE_URL")).toEqual({ env: "DATABASE_URL" });
});

test.each(["", "1ST", "A-B", "A=B"])("%p cannot name an environment variable", (name) => {
  expect(errorOf(() => SecretReference.environment(name)).code).toBe("InvalidIdentifier");
});
