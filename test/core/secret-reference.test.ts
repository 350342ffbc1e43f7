import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { AwsSecretReference, SecretReference, variable } from "../../lib/index";
import { formatDynamicReference, parseDynamicReference } from "../../lib/core/secrets-in-text";
import { text } from "../../lib/manifest/text";
import { errorOf } from "../support/system-stack";

const ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:r3mes/database-AbCdEf";

test("a reference is a text of a program, in one form", () => {
  for (const reference of [
    SecretReference.aws(variable("DATABASE_SECRET"), { key: "url" }),
    SecretReference.aws(ARN, { versionStage: "AWSPREVIOUS", kmsKeyArn: "arn:aws:kms:eu-central-1:1:key/2" }),
    SecretReference.google("projects/shop/secrets/database", { key: "url", version: "3" }),
    SecretReference.environment("DATABASE_URL"),
  ]) {
    const parsed = text.parse(reference);
    expect(parsed).toEqual(JSON.parse(JSON.stringify(reference)));
    expect(JSON.stringify(parsed)).not.toContain("kms");
  }
});

test("Amazon ECS is told the ARN, the key and the stage", () => {
  expect(SecretReference.aws(ARN).ecsValueFrom).toBe(ARN);
  expect(SecretReference.aws(ARN, { key: "url" }).ecsValueFrom).toBe(`${ARN}:url::`);
  expect(SecretReference.aws(ARN, { versionStage: "AWSPREVIOUS" }).ecsValueFrom).toBe(`${ARN}::AWSPREVIOUS:`);
  for (const secret of ["r3mes/database", variable("DATABASE_SECRET")]) {
    expect(errorOf(() => new AwsSecretReference(secret).ecsValueFrom)).toMatchObject({
      code: "SecretReferenceInvalid",
      message: expect.stringContaining("by its ARN"),
    });
  }
});

test("Cloud Run is told the secret and its version, and refuses a key", () => {
  const secret = "projects/shop/secrets/token";
  expect(SecretReference.google(secret).secretKeyRef).toEqual({ secret, version: "latest" });
  expect(errorOf(() => SecretReference.google(secret, { key: "a" }).secretKeyRef).message).toContain('the key "a"');
});

test.each<[string, () => unknown]>([
  ["an empty name", () => SecretReference.aws("")],
  ["a URL in place of a name", () => SecretReference.aws("postgresql://shop:secret@db/")],
  ["an ARN of something else", () => SecretReference.aws("arn:aws:s3:::bucket")],
  ["a key that would end the reference", () => SecretReference.aws("a", { key: "b}}" })],
  ["a secret of Google without its project", () => SecretReference.google("database")],
  ["a version that is none", () => SecretReference.google("projects/a/secrets/b", { version: "-1" })],
])("%s is refused", (_what, make) => {
  expect(errorOf(make).code).toBe("SecretReferenceInvalid");
});

test("what is written into a text is read out of it", () => {
  const part = fc.string({ unit: fc.constantFrom(..."abcXYZ019_.-/+=@"), minLength: 1 });
  const id = fc.oneof(
    part,
    part.map((name) => `arn:aws:secretsmanager:eu-central-1:111122223333:secret:${name}`),
  );
  fc.assert(
    fc.property(
      id,
      fc.option(part, { nil: undefined }),
      fc.option(part, { nil: undefined }),
      (id, key, versionStage) => {
        const found = parseDynamicReference(formatDynamicReference({ id, key, versionStage }));
        expect({ key: undefined, versionStage: undefined, ...found }).toEqual({ id, key, versionStage });
      },
    ),
  );
});
