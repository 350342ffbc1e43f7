import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import {
  CommandStep,
  DocumentsStep,
  EnvFileStep,
  EnvironmentChain,
  HttpStep,
  Ledger,
  Migration,
  RotationStrategy,
  SecretReference,
  SqlStep,
  variable,
} from "../../../lib/index";
import { RotatingSecret } from "../../../lib/aws/index";
import { BlueGreenService } from "../../../lib/aws/blue-green/blue-green-service";
import { SERVICE } from "./service";
import { synthesize } from "../../support/synth";
import { programOf, stepsOf, temporaryDirectory, TestApp } from "../../support/system-stack";

const directory = temporaryDirectory();
const verify = [{ query: "select count(*) from orders", expected: 1 }];

/** A secret in each place where a step takes one. */
function stackWithSteps(environment: "development" | "production") {
  const chain = new EnvironmentChain(
    ["development", "production"].map((name) => ({ name, variables: { shop: { SECRET: `shop/${name}` } } })),
  );
  const proof = Ledger.postgres({ url: SecretReference.aws("shop/proof") });
  const proved = environment === "production" ? { previousLedger: proof } : {};
  const ledger = Ledger.postgres({ url: SecretReference.aws("shop/ledger", { key: "url" }) });
  const stack = new TestApp(directory).stack({ environment: chain.get(environment), ledger, ...proved });
  new AwsProvider(stack, "aws", { region: "us-east-1" });
  const session = new RotatingSecret(stack, "session", {
    secretName: `shop/${environment}/session`,
    strategy: RotationStrategy.randomValue({ key: "token" }),
  });
  const login = SecretReference.aws(variable("SECRET"));
  new Migration(stack, "first", {
    from: "0.1.0",
    to: "1.0.0",
    acknowledge: { MigrationWithoutBackup: "-" },
    steps: (m) => {
      new SqlStep(m, "sql", { database: login, up: "select 1", down: "select 1", verify });
      new DocumentsStep(m, "documents", { directory: "d", database: login, table: "t", key: "id" });
      new CommandStep(m, "command", {
        up: "true",
        down: "true",
        verify,
        environmentVariables: {
          TOKEN: session.reference("token"),
          OTHER: SecretReference.google("projects/p/secrets/s"),
        },
      });
      new EnvFileStep(m, "env", { from: "a", to: "b", set: { TOKEN: session.reference("token") } });
      new HttpStep(m, "http", { url: SecretReference.aws(variable("SECRET"), { key: "hook" }) });
    },
  });
  return stack;
}

describe("a secret of a store", () => {
  test("is taken by every step that wants one, and named by what the environments call it", () => {
    // WHEN
    const stack = stackWithSteps("production");

    // THEN
    const login = { secret: { store: "aws", id: { variable: "SECRET" } } };
    for (const step of ["sql", "documents"]) expect(programOf(stack, step).database).toEqual(login);
    expect(programOf(stack, "http").url).toEqual({ secret: { ...login.secret, key: "hook" } });
    expect(stepsOf(stack)["http"]!.variables).toEqual({ SECRET: "shop/production" });
    expect(programOf(stack, "command").environment).toEqual({
      TOKEN: { secret: { store: "aws", id: { variable: "environment.TOKEN.secret.id" }, key: "token" } },
      OTHER: { secret: { store: "google", id: "projects/p/secrets/s" } },
    });
    expect(programOf(stack, "env").set.TOKEN.secret.id).toEqual({ variable: "set.TOKEN.secret.id" });
  });

  test("that the same stack makes is a value of Terraform: the step waits for its rotation", () => {
    const variables = stepsOf(stackWithSteps("production"))["command"]!.variables as Record<string, string>;
    expect(variables["environment.TOKEN.secret.id"]).toMatch(
      /^\$\{aws_secretsmanager_secret_rotation\.\w+\.secret_id\}$/,
    );
  });

  test("leaves the programs of two environments equal, which is what proves a release", () => {
    const [development, production] = [stackWithSteps("development"), stackWithSteps("production")];
    for (const step of ["sql", "documents", "command", "env", "http"]) {
      expect(programOf(production, step)).toEqual(programOf(development, step));
    }
  });

  test("that rotates is read by a service, which may also use the key that encrypts it", () => {
    // WHEN
    const { resource } = synthesize((stack) => {
      new AwsProvider(stack, "aws", { region: "us-east-1" });
      const session = new RotatingSecret(stack, "session", {
        secretName: "shop/session",
        strategy: RotationStrategy.randomValue({ key: "token" }),
      });
      new BlueGreenService(stack, "shop", { ...SERVICE, secrets: { TOKEN: session.reference("token") } });
    });

    // THEN
    const arn = expect.stringMatching(/^\$\{aws_secretsmanager_secret_rotation\.\w+\.secret_id\}$/);
    const [task] = Object.values(resource.aws_ecs_task_definition!);
    expect(JSON.parse(task!.container_definitions as string)[0].secrets).toEqual([
      { name: "TOKEN", valueFrom: expect.stringMatching(/\.secret_id\}:token::$/) },
    ]);
    const policies = Object.values(resource.aws_iam_role_policy!).map(({ policy }) => JSON.parse(policy as string));
    const statements = policies.flatMap(({ Statement }) => Statement);
    expect(statements).toContainEqual({ Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: [arn] });
    expect(statements).toContainEqual({
      Effect: "Allow",
      Action: "kms:Decrypt",
      Resource: [expect.stringMatching(/^\$\{aws_kms_key\.\w+\.arn\}$/)],
      Condition: { StringLike: { "kms:ViaService": "secretsmanager.*" } },
    });
  });
});
