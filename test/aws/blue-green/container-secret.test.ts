import { expect, test } from "@jest/globals";
import { Token } from "cdktf";
import { containerSecret } from "../../../lib/aws/blue-green/service-roles";
import { SecretReference } from "../../../lib/core/references";

const ARN = "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:shop/token";
const unknown = Token.asString({ resolve: () => "later" });

test.each([
  ["a whole ARN", `${ARN}-AbCdEf`, `${ARN}-AbCdEf`],
  ["a key", `${ARN}-AbCdEf:token::`, `${ARN}-AbCdEf`],
  ["an ARN without its last six characters", `${ARN}:token:AWSPREVIOUS:`, `${ARN}-??????`],
  ["a key of an ARN that Terraform alone knows", `${unknown}:token::`, unknown],
  ["an ARN that Terraform alone knows", unknown, unknown],
  ["a parameter", "arn:aws:ssm:us-east-1:111122223333:parameter/a", "arn:aws:ssm:us-east-1:111122223333:parameter/a"],
])("of %s a policy names the secret", (_what, valueFrom, secretArn) => {
  expect(containerSecret(valueFrom)).toEqual({ valueFrom, secretArn });
});

test("a reference is read by its ARN, whole or not, and with its key", () => {
  const kmsKeyArn = "arn:aws:kms:cn-north-1:111122223333:key/1";
  expect(containerSecret(SecretReference.aws(ARN, { key: "url", kmsKeyArn }))).toEqual({
    valueFrom: `${ARN}:url::`,
    secretArn: `${ARN}-??????`,
    kmsKeyArn,
  });
});
