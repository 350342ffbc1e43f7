import { describe, expect, it } from "@jest/globals";
import { stepDefinition } from "../../lib/manifest/step-record";
import { ledgerSchema, providerSchema, schemaMessage, stepSchema } from "../../lib/provider/schema";

interface Attribute {
  name: string;
  required?: boolean;
  optional?: boolean;
  computed?: boolean;
}
interface Message {
  version: number;
  block: { version: number; attributes: Attribute[] };
}

const messages = [providerSchema, stepSchema, ledgerSchema].map((schema) => schemaMessage(schema) as Message);

describe("the schema", () => {
  it("has the version 0, for ever: Terraform lets no older provider roll back what a newer version wrote", () => {
    for (const { version, block } of messages) expect([version, block.version]).toEqual([0, 0]);
  });

  it("requires no further argument of a step than the first release did: older configurations must stay valid", () => {
    const required = messages[1]!.block.attributes.filter((attribute) => attribute.required).map(({ name }) => name);
    expect(required.sort()).toEqual(["id", "program", "release", "system"]);
  });

  it("says of each attribute who sets it, as Terraform allows it", () => {
    for (const { name, required, optional, computed } of messages.flatMap(({ block }) => block.attributes)) {
      // Required excludes the others; one of them must be said.
      expect([name, Boolean(required) !== Boolean(optional || computed)]).toEqual([name, true]);
    }
  });

  it("has an argument for everything that a step is given", () => {
    const arguments_ = Object.keys(stepDefinition.shape).map((name) =>
      name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
    );
    // The environment is an argument of the provider.
    expect(Object.keys(stepSchema)).toEqual(
      expect.arrayContaining(arguments_.filter((name) => name !== "environment")),
    );
  });
});
