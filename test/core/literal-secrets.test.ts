import { expect, test } from "@jest/globals";
import { TerraformStack, TerraformVariable, Testing } from "cdktf";
import { refuseLiteralSecrets } from "../../lib/core/literal-secrets";
import { SecretReference, variable } from "../../lib/core/references";

const newStack = () => new TerraformStack(Testing.app(), "test");

test.each<[string, string, string]>([
  ["DB_PASSWORD", "hunter2-hunter2", "LiteralSecretValue"],
  ["PGPASSWORD", "hunter2", "LiteralSecretValue"],
  ["apiKey", "d41d8cd98f00b204", "LiteralSecretValue"],
  ["SESSION_SECRET", "keyboard cat", "LiteralSecretValue"],
  ["github-token", "abcdefgh", "LiteralSecretValue"],
  ["DATABASE", "postgresql://app:hunter2@db.example.org/app", "LiteralPassword"],
  ["SETTING", "AKIAIOSFODNN7EXAMPLE", "LiteralSecretValue"],
])("a literal %s is refused", (name, value, code) => {
  expect(() => refuseLiteralSecrets(newStack(), { [name]: value }, "environmentVariables")).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(`environmentVariables.${name}`) }),
  );
});

test.each<[string, unknown]>([
  ["DB_PASSWORD_FILE", "/run/secrets/database"],
  ["SECRET_ARN", "arn:aws:secretsmanager:eu-central-1:111122223333:secret:a-AbCdEf"],
  ["DB_PASSWORD", "arn:aws:secretsmanager:eu-central-1:111122223333:secret:a-AbCdEf"],
  ["DB_PASSWORD", "{{resolve:secretsmanager:app/database:SecretString:password}}"],
  ["DB_PASSWORD", "${DATABASE_PASSWORD}"],
  ["DB_PASSWORD", ""],
  ["USE_TOKEN", "true"],
  ["TOKEN_TTL", "3600s"],
  ["MONKEY", "banana"],
  ["COMPASS", "north"],
  ["KEYBOARD", "qwerty"],
  ["DATABASE_URL", "postgresql://db.example.org/app"],
  ["DB_PASSWORD", SecretReference.environment("DB_PASSWORD")],
  ["DB_PASSWORD", variable("DB_PASSWORD")],
  ["DB_PASSWORD", undefined],
])("%s: %p passes", (name, value) => {
  expect(() => refuseLiteralSecrets(newStack(), { [name]: value }, "environmentVariables")).not.toThrow();
});

test("a value that only Terraform knows passes", () => {
  const stack = newStack();
  const { stringValue } = new TerraformVariable(stack, "password", { type: "string", sensitive: true });
  expect(() => refuseLiteralSecrets(stack, { DB_PASSWORD: stringValue }, "environmentVariables")).not.toThrow();
});

test("an acknowledged text is a warning, and an acknowledgement of nothing is refused", () => {
  // given
  const stack = newStack();
  const acknowledge = { LiteralSecretValue: "the public token of the map" };

  // when
  refuseLiteralSecrets(stack, { MAP_TOKEN: "pk.public" }, "set", acknowledge);

  // then
  expect(stack.node.metadata.map(({ data }) => String(data))).toEqual([
    expect.stringContaining("the public token of the map"),
  ]);
  expect(() => refuseLiteralSecrets(stack, { MODE: "fast" }, "set", acknowledge)).toThrow(
    expect.objectContaining({ code: "NothingToAcknowledge" }),
  );
});
