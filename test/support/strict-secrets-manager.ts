import { randomUUID } from "node:crypto";
import { ROTATION_STEPS, type RotationStepName } from "../../lib/rotator/rotation";
import type { AwsStandIn } from "../../lib/testing/aws/stand-in";
import { Faults } from "../../lib/testing/aws/faults";
import { startMoto, type Moto } from "../../lib/testing/aws/moto";
import { startProxy, type Call } from "../../lib/testing/aws/proxy";
import { failure, type Reply } from "../../lib/testing/aws/reply";
import type { AwsRequest } from "../../lib/testing/aws/request";
import type { ServiceFill } from "../../lib/testing/aws/service-fill";

/** What Secrets Manager sends to a rotation function. */
export interface RotationEvent {
  readonly SecretId: string;
  readonly ClientRequestToken: string;
  readonly Step: RotationStepName;
}

/** What a test decides where AWS's documentation leaves it open, or where AWS runs code of ours. */
export interface StrictOptions {
  /**
   * Whether AWSPENDING goes when its version becomes current. The documentation says so, and
   * aws-samples/aws-secrets-manager-rotation-lambdas#168 saw that it stays.
   * @default "stays"
   */
  pendingAfterPromotion?: "stays" | "goes";

  /** Stands in for the rotation function in AWS Lambda. @default - rotation does nothing, as if the function failed */
  invoke?(event: RotationEvent): Promise<void>;
}

type Body = Record<string, unknown>;

interface RotationConfiguration {
  readonly lambda: string;
  readonly rules: Body;
  readonly next: Date;
}

/** Secrets Manager knows when; here it is some day that lies ahead. */
const NEXT_ROTATION_MILLISECONDS = 30 * 86_400_000;

const READS = ["GetSecretValue", "DescribeSecret"];
const LARGEST_VALUE = 65_536;
const NO_VALUE = "Secrets Manager can't find the specified secret value for VersionId";

/**
 * Secrets Manager as AWS documents it, in front of moto 5.2.1, which differs in seven ways (each has a test of its
 * number, which says as well what moto itself does):
 *
 * 1. PutSecretValue with a token that is taken and another value overwrites; AWS: ResourceExistsException.
 * 2. PutSecretValue without labels can leave two versions labeled AWSCURRENT; AWS: one.
 * 3. UpdateSecretVersionStage to an unknown version fails, and takes the label off all the same; AWS: nothing changes.
 * 4. RotateSecret without a function succeeds, and makes an empty version current; AWS: InvalidRequestException.
 * 5. RotateSecret runs no code, and drops the schedule; AWS: runs the four steps, keeps and checks the schedule.
 * 6. RotateSecret is accepted while another version is pending, and refused when that is the current one; AWS refuses
 *    the one and accepts the other.
 * 7. Versions without labels and values of more than 64 KiB are kept; AWS hides and deletes the ones, refuses the others.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html
 */
export class StrictSecretsManager implements ServiceFill {
  readonly service = "secretsmanager";
  private readonly rotations = new Map<string, RotationConfiguration>();
  /** Pending versions without a value, by secret: moto cannot hold such. */
  private readonly empty = new Map<string, string>();
  /** What DescribeSecret said, until the next write: moto takes its time. */
  private readonly described = new Map<string, Promise<Reply>>();
  private turn: Promise<unknown> = Promise.resolve();
  private running: Promise<unknown> = Promise.resolve();

  constructor(readonly options: StrictOptions = {}) {}

  reset(): void {
    this.rotations.clear();
    this.empty.clear();
    this.described.clear();
  }

  /** Waits until the rotations that RotateSecret began have ended. */
  async rotated(): Promise<void> {
    await this.running;
  }

  async serve(request: AwsRequest, moto: Moto): Promise<Reply> {
    if (READS.includes(request.op)) return this.answer(request, moto);
    // One at a time: moto checks and writes in two steps.
    const answer = this.turn.then(() => this.answer(request, moto)).finally(() => this.described.clear());
    this.turn = answer.catch(() => {});
    return answer;
  }

  private async answer(request: AwsRequest, moto: Moto): Promise<Reply> {
    const body = JSON.parse(request.body.toString() || "{}") as Body;
    const ask = (op: string, input: Body) => exchange(request, moto, op, input);
    const refuse = (code: string, message: string) => failure("json", 400, code, message);
    switch (request.op) {
      case "PutSecretValue":
        return this.put(body, ask, refuse);
      case "UpdateSecretVersionStage":
        return this.moveStage(body, ask, refuse);
      case "GetSecretValue":
        return this.get(body, ask, refuse);
      case "DescribeSecret":
        return this.describe(body, ask);
      case "RotateSecret":
        return this.rotate(body, ask, refuse);
      case "CancelRotateSecret":
        this.rotations.delete((await this.stagesOf(body, ask)).name);
        return reply({});
      default:
        return moto.send(request);
    }
  }

  private async put(body: Body, ask: Ask, refuse: Refuse): Promise<Reply> {
    const token = (body.ClientRequestToken as string | undefined) ?? randomUUID();
    const value = (body.SecretString as string | undefined) ?? "";
    if (Buffer.byteLength(value) > LARGEST_VALUE) return refuse("InvalidParameterException", "the value is too large");
    const { name, stages } = await this.stagesOf(body, ask);
    const known = await ask("GetSecretValue", { SecretId: body.SecretId, VersionId: token });
    const taken = known.status === 200 ? (read(known).SecretString as string | undefined) : undefined;
    if (taken !== undefined && taken !== value) {
      return refuse(
        "ResourceExistsException",
        "you can't use ClientRequestToken for an existing version's other value",
      );
    }
    const current = holder(stages, "AWSCURRENT");
    const wanted = body.VersionStages as string[] | undefined;
    if (this.empty.get(name) === token) this.empty.delete(name);
    const input = { ...body, ClientRequestToken: token };
    if (current === undefined) {
      return ask("PutSecretValue", { ...input, VersionStages: [...new Set([...(wanted ?? []), "AWSCURRENT"])] });
    }
    if (wanted !== undefined) return ask("PutSecretValue", input);
    const put = await ask("PutSecretValue", { ...input, VersionStages: ["strict"] });
    const move = { SecretId: body.SecretId, VersionStage: "AWSCURRENT" };
    await ask("UpdateSecretVersionStage", { ...move, MoveToVersionId: token, RemoveFromVersionId: current });
    await ask("UpdateSecretVersionStage", { ...move, VersionStage: "strict", RemoveFromVersionId: token });
    return put;
  }

  private async moveStage(body: Body, ask: Ask, refuse: Refuse): Promise<Reply> {
    const { name, stages } = await this.stagesOf(body, ask);
    const { VersionStage: stage, MoveToVersionId: to, RemoveFromVersionId: from } = body as Record<string, string>;
    const held = holder(stages, stage!);
    if (to !== undefined && stages[to] === undefined) return refuse("ResourceNotFoundException", NO_VALUE);
    if (held !== from) {
      return refuse("InvalidParameterException", `the staging label ${stage} is currently attached to version ${held}`);
    }
    if (this.empty.get(name) === from) {
      this.empty.delete(name);
      return reply({});
    }
    const moved = await ask("UpdateSecretVersionStage", body);
    const both = stage === "AWSCURRENT" && to !== undefined && stages[to]!.includes("AWSPENDING");
    if (moved.status === 200 && both && this.options.pendingAfterPromotion === "goes") {
      const input = { SecretId: body.SecretId, VersionStage: "AWSPENDING", RemoveFromVersionId: to };
      await ask("UpdateSecretVersionStage", input);
    }
    return moved;
  }

  private async get(body: Body, ask: Ask, refuse: Refuse): Promise<Reply> {
    const { VersionId: version, VersionStage: stage = version === undefined ? "AWSCURRENT" : undefined } = body;
    const { stages } = await this.stagesOf(body, ask);
    const asked = (version as string | undefined) ?? holder(stages, stage as string);
    if (asked === undefined || stages[asked] === undefined) return refuse("ResourceNotFoundException", NO_VALUE);
    // By its id alone: moto moves labels in two steps.
    return ask("GetSecretValue", { SecretId: body.SecretId, VersionId: asked });
  }

  private async describe(body: Body, ask: Ask): Promise<Reply> {
    const described = await this.describedBy(body.SecretId as string, ask);
    if (described.status !== 200) return described;
    const { name, stages } = await this.stagesOf(body, ask);
    const rotation = this.rotations.get(name);
    return reply({
      ...read(described),
      VersionIdsToStages: stages,
      RotationEnabled: rotation !== undefined,
      ...(rotation && {
        RotationLambdaARN: rotation.lambda,
        RotationRules: rotation.rules,
        NextRotationDate: rotation.next.getTime() / 1000,
      }),
    });
  }

  private async rotate(body: Body, ask: Ask, refuse: Refuse): Promise<Reply> {
    const { name, arn, stages } = await this.stagesOf(body, ask);
    const known = this.rotations.get(name);
    const lambda = (body.RotationLambdaARN as string | undefined) ?? known?.lambda;
    if (lambda === undefined) return refuse("InvalidRequestException", "no Lambda rotation function ARN is associated");
    const rules = (body.RotationRules as Body | undefined) ?? known?.rules ?? {};
    const schedule = rules.ScheduleExpression as string | undefined;
    if (schedule !== undefined && !/^(rate\(\d+ (hours?|days?)\)|cron\(\S+( \S+){5}\))$/.test(schedule)) {
      return refuse("InvalidParameterException", "invalid schedule expression");
    }
    const [pending, current] = [holder(stages, "AWSPENDING"), holder(stages, "AWSCURRENT")];
    if (pending !== undefined && pending !== current) {
      return refuse(
        "InvalidRequestException",
        "A previous rotation isn't complete. That rotation will be reattempted.",
      );
    }
    this.rotations.set(name, { lambda, rules, next: new Date(Date.now() + NEXT_ROTATION_MILLISECONDS) });
    const token = (body.ClientRequestToken as string | undefined) ?? randomUUID();
    if (body.RotateImmediately !== false) {
      if (pending !== undefined) {
        await ask("UpdateSecretVersionStage", {
          SecretId: name,
          VersionStage: "AWSPENDING",
          RemoveFromVersionId: pending,
        });
      }
      this.empty.set(name, token);
      this.running = this.running.then(() => this.runSteps(arn, token, ROTATION_STEPS));
    } else {
      // A version without a value, for the one step that tests the function.
      this.empty.set(name, token);
      this.running = this.running
        .then(() => this.runSteps(arn, token, ["testSecret"]))
        .then(() => void (this.empty.get(name) === token && this.empty.delete(name)));
    }
    return reply({ ARN: arn, Name: name, VersionId: token });
  }

  /** A step that fails ends the rotation; its version stays pending. */
  private async runSteps(
    SecretId: string,
    ClientRequestToken: string,
    steps: readonly RotationStepName[],
  ): Promise<void> {
    try {
      for (const Step of steps) {
        await this.options.invoke?.({ SecretId, ClientRequestToken, Step });
      }
    } catch (error) {
      process.stderr.write(`rotation of ${SecretId}: ${String(error)}\n`);
    }
  }

  private describedBy(SecretId: string, ask: Ask): Promise<Reply> {
    const found = this.described.get(SecretId);
    if (found !== undefined) return found;
    const described = ask("DescribeSecret", { SecretId });
    this.described.set(SecretId, described);
    return described;
  }

  /** Versions that have labels, with them. */
  private async stagesOf(
    body: Body,
    ask: Ask,
  ): Promise<{ name: string; arn: string; stages: Record<string, string[]> }> {
    const described = read(await this.describedBy(body.SecretId as string, ask));
    const name = described.Name as string;
    const found = (described.VersionIdsToStages ?? {}) as Record<string, string[]>;
    const stages = Object.fromEntries(Object.entries(found).filter(([, labels]) => labels.length > 0));
    const empty = this.empty.get(name);
    return { name, arn: described.ARN as string, stages: empty ? { ...stages, [empty]: ["AWSPENDING"] } : stages };
  }
}

/** Starts moto with the strict layer. */
export async function startStrictSecretsManager(
  options: StrictOptions = {},
): Promise<Pick<AwsStandIn, "endpoint" | "environment" | "stop"> & { strict: StrictSecretsManager; calls: Call[] }> {
  const strict = new StrictSecretsManager(options);
  const calls: Call[] = [];
  const moto = await startMoto();
  const proxy = await startProxy(moto, [strict], new Faults(), calls);
  const endpoint = `http://127.0.0.1:${proxy.port}`;
  return {
    strict,
    calls,
    endpoint,
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    },
    async stop() {
      await proxy.stop();
      await moto.stop();
    },
  };
}

type Ask = (op: string, input: Body) => Promise<Reply>;
type Refuse = (code: string, message: string) => Reply;

function exchange(request: AwsRequest, moto: Moto, op: string, input: Body): Promise<Reply> {
  const headers = { ...request.headers, "x-amz-target": `secretsmanager.${op}` };
  return moto.send({ method: "POST", target: "/", headers, body: Buffer.from(JSON.stringify(input)) });
}

function read(answer: Reply): Body {
  return JSON.parse(answer.body.toString()) as Body;
}

function reply(document: Body): Reply {
  const headers = { "content-type": "application/x-amz-json-1.1" };
  return { status: 200, headers, body: Buffer.from(JSON.stringify(document)) };
}

function holder(stages: Record<string, readonly string[]>, stage: string): string | undefined {
  return Object.entries(stages).find(([, labels]) => labels.includes(stage))?.[0];
}
