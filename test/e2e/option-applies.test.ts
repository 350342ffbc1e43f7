import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { startAwsStandIn, type AwsStandIn } from "../../lib/testing/aws/stand-in";
import { expectExit } from "../support/expect-exit";
import { SUBJECTS, type Subject } from "../support/option-changes";
import { scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { terraform } from "../support/terraform";
import { isFull } from "../support/sample";

/** What the stand-in has whole. Buckets, services and secrets have tests of their own. */
const APPLIED = SUBJECTS.filter(({ name }) => ["AlarmTopic", "BackupTimer", "DumpTimer"].includes(name));

/** AWS and Terraform refuse them; see docs/changing-options.md. */
const optionsOf = ({ name, options }: Subject): string[] =>
  Object.entries(options)
    .filter(([option, [, effect]]) => {
      const isRefused = typeof effect !== "string" && effect.some((line) => line.startsWith("refuses"));
      return !isRefused && `${name}.${option}` !== "BackupTimer.vaultName";
    })
    .map(([option]) => option);

const ALL_ROUNDS = Math.max(...APPLIED.map((subject) => optionsOf(subject).length));
/** Each changes one option of each construct. */
const ROUNDS = isFull ? Array.from({ length: ALL_ROUNDS }, (_, round) => round) : [2];

const roundOf = (round: number): ReadonlyMap<Subject, string> =>
  new Map(APPLIED.map((subject) => [subject, optionsOf(subject)[round % optionsOf(subject).length]!]));

requires(
  "terraform",
  "aws_provider",
  "moto_server",
)("an option that is changed after an apply", () => {
  let aws: AwsStandIn;
  let outdir: string;
  const run = (...args: string[]) => terraform(join(outdir, "stacks/changes"), args, { environment: aws.environment });

  beforeAll(async () => {
    aws = await startAwsStandIn();
    outdir = scratchDirectory("option-applies");
    synthesize(new Map());
    expectExit(await run("init"));
    expectExit(await run("apply", "-auto-approve", "-parallelism=30"));
  }, 240_000);
  afterAll(async () => {
    await aws?.stop();
    rmSync(outdir, { recursive: true, force: true });
  });

  function synthesize(changed: ReadonlyMap<Subject, string>): void {
    const app = new App({ outdir });
    const stack = new TerraformStack(app, "changes");
    new LocalBackend(stack, { path: join(outdir, "terraform.tfstate") });
    new AwsProvider(stack, "aws", { region: "us-east-1" });
    for (const subject of APPLIED) {
      const option = changed.get(subject);
      const change =
        option === undefined ? {} : { [option]: subject.options[option]![0], ...subject.together?.[option] };
      const scope = new Construct(stack, subject.name) as TerraformStack;
      subject.declare(scope, { ...subject.before, ...change } as never);
    }
    app.synth();
  }

  const name = (round: number) =>
    [...roundOf(round)].map(([subject, option]) => `${subject.name}.${option}`).join(", ");
  test.each(ROUNDS.map((round) => [name(round), round] as const))(
    "is applied, and a second plan is empty: %s",
    async (_name, round) => {
      // WHEN
      synthesize(roundOf(round));
      const applied = await run("apply", "-auto-approve", "-parallelism=30");

      // THEN
      expectExit(applied);
      const planned = await run("plan", "-detailed-exitcode");
      expect([...planned.stdout.matchAll(/# \S+ (?:will|must) be.*|[~+-] \S+ += .*/g)].map(([line]) => line)).toEqual(
        [],
      );
      expectExit(planned);
    },
    240_000,
  );
});
