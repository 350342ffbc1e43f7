import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate";
import { DataAwsSubnets } from "@cdktf/provider-aws/lib/data-aws-subnets";
import { DataAwsVpc } from "@cdktf/provider-aws/lib/data-aws-vpc";
import { EcsCluster } from "@cdktf/provider-aws/lib/ecs-cluster";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { App, Fn, LocalBackend, TerraformStack } from "cdktf";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BlueGreenService } from "../../lib/aws/blue-green/blue-green-service";
import type { BlueGreenServiceProps } from "../../lib/aws/blue-green/blue-green-service-props";
import { COLORS, type Color, type Rollout } from "../../lib/manifest/rollout";
import { SERVICE, STEADY } from "../aws/blue-green/service";
import { startAwsStandIn, type AwsStandIn } from "../../lib/testing/aws/stand-in";
import { startWarmAwsProvider, type WarmAwsProvider } from "../support/warm-aws-provider";
import { expectExit } from "../support/expect-exit";
import { scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { terraform, type TerraformResult } from "../support/terraform";
import { TrafficModel, type Answers, type AppliedTraffic } from "../support/traffic-model";

/** The provider waits 60 s for a new load balancer, against the real AWS as well. */
const FIRST_APPLY = 180_000;

const GREEN_COMES = [
  "create aws_appautoscaling_policy.shop_green_CpuPolicy",
  "create aws_appautoscaling_target.shop_green_ScalableTarget",
  "create aws_cloudwatch_metric_alarm.shop_green_Alarms_Errors",
  "create aws_cloudwatch_metric_alarm.shop_green_Alarms_Unhealthy",
  "create aws_ecs_service.shop_green",
  "create aws_ecs_task_definition.shop_green_TaskDefinition",
];
const GREEN_GOES = GREEN_COMES.map((line) => line.replace("create", "delete"));
const inBlue = (lines: readonly string[]) => lines.map((line) => line.replaceAll("green", "blue"));
const LISTENER = "update aws_lb_listener.shop_Traffic_Listener";
const TEST_LISTENER = "update aws_lb_listener.shop_Traffic_TestListener";
const TRAFFIC = [LISTENER, TEST_LISTENER];

requires(
  "terraform",
  "aws_provider",
  "moto_server",
)("a service in two colors, with the real AWS provider", () => {
  let aws: AwsStandIn;
  let provider: WarmAwsProvider;
  let outdir: string;
  let model: TrafficModel;
  let rollout: Rollout = STEADY;

  beforeAll(async () => {
    [aws, model] = await Promise.all([startAwsStandIn(), TrafficModel.start()]);
    provider = await startWarmAwsProvider(aws.environment);
    outdir = scratchDirectory("blue-green");
    synthesize(STEADY);
    expectExit(await run("init"));
    expectExit(await run("apply", "-auto-approve"));
    expectExit(await run("plan", "-detailed-exitcode"));
    await model.follow(applied());
  }, FIRST_APPLY);

  afterAll(async () => {
    await model?.stop();
    await provider?.stop();
    await aws?.stop();
    rmSync(outdir, { recursive: true, force: true });
  });

  function synthesize(
    to: Rollout,
    environment: Record<string, string> = {},
    props: Partial<BlueGreenServiceProps> = {},
  ): void {
    const app = new App({ outdir });
    const stack = new TerraformStack(app, "shop");
    new LocalBackend(stack, { path: join(outdir, "terraform.tfstate") });
    new AwsProvider(stack, "aws", { region: "us-east-1" });
    const vpc = new DataAwsVpc(stack, "vpc", { default: true });
    const subnets = new DataAwsSubnets(stack, "subnets", { filter: [{ name: "vpc-id", values: [vpc.id] }] }).ids;
    const certificate = new AcmCertificate(stack, "certificate", {
      domainName: "shop.example.org",
      validationMethod: "DNS",
    });
    new BlueGreenService(stack, "shop", {
      ...SERVICE,
      rollout: to,
      clusterArn: new EcsCluster(stack, "cluster", { name: "shop" }).arn,
      environmentVariables: environment,
      vpcId: vpc.id,
      subnetIds: subnets,
      loadBalancerSubnetIds: [Fn.element(subnets, 0), Fn.element(subnets, 1)],
      certificateArn: certificate.arn,
      ...props,
    });
    app.synth();
  }

  async function run(...args: string[]): Promise<TerraformResult> {
    return terraform(join(outdir, "stacks", "shop"), args, {
      environment: { ...aws.environment, ...provider.environment },
    });
  }

  /** Applies, and gives what the plan changed, without the hashes of addresses. */
  async function apply(): Promise<string[]> {
    const result = await run("apply", "-auto-approve", "-json");
    expectExit(result);
    return result.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; change?: { resource: { addr: string }; action: string } })
      .filter(({ type }) => type === "planned_change")
      .map(({ change }) => `${change!.action} ${change!.resource.addr.replace(/_[0-9A-F]{8}$/, "")}`)
      .sort();
  }

  /** The listener's weights and the services, as they stand in the applied state. */
  function applied(): AppliedTraffic {
    const state = JSON.parse(readFileSync(join(outdir, "terraform.tfstate"), "utf8")) as {
      resources: { type: string; instances: { attributes: Record<string, unknown> }[] }[];
    };
    const of = (type: string) =>
      state.resources
        .filter((resource) => resource.type === type)
        .flatMap(({ instances }) => instances.map(({ attributes }) => attributes));
    const live = of("aws_lb_listener").find(({ port }) => port === 443)!;
    const [action] = live["default_action"] as { forward: { target_group: { arn: string; weight: number }[] }[] }[];
    const weight = (color: Color): number => {
      const group = of("aws_lb_target_group").find(({ tags }) => (tags as { Name: string }).Name === `shop-${color}`)!;
      return action!.forward[0]!.target_group.find(({ arn }) => arn === group["arn"])!.weight;
    };
    const services = of("aws_ecs_service").map(({ name }) => name);
    return {
      weights: { blue: weight("blue"), green: weight("green") },
      colors: COLORS.filter((color) => services.includes(`shop-${color}`)),
    };
  }

  /** Applies the next phase while clients keep asking, and gives what the plan changed. */
  async function go(to: Rollout): Promise<string[]> {
    rollout = to;
    synthesize(to);
    const changed = await apply();
    const traffic = applied();
    expect(traffic).toEqual({ weights: to.weights, colors: to.colors });
    await model.follow(traffic);
    return changed;
  }

  it("goes from blue to green and back to blue: each plan holds what its phase is about, and no request fails", async () => {
    // GIVEN clients that never stop asking
    const clients = model.ask();

    // WHEN
    const first = [
      await go(rollout.prewarm("1.1.0")),
      await go(rollout.canary(10)),
      await go(rollout.cutover()),
      await go(rollout.retire()),
    ];
    const second = [
      await go(rollout.prewarm("1.2.0")),
      await go(rollout.canary(50)),
      await go(rollout.cutover()),
      await go(rollout.retire()),
    ];

    // THEN
    expect(first).toEqual([GREEN_COMES, [LISTENER], TRAFFIC, inBlue(GREEN_GOES)]);
    expect(second).toEqual([inBlue(GREEN_COMES), [LISTENER], TRAFFIC, GREEN_GOES]);
    expectExit(await run("plan", "-detailed-exitcode"), 0);
    const { failed, answered } = await clients.stop();
    expect(failed).toBe(0);
    expect(answered.blue).toBeGreaterThan(0);
    expect(answered.green).toBeGreaterThan(0);
  }, 300_000);

  it("opens a new port before the tasks move to it, and closes the old one after they are gone", async () => {
    // WHEN
    synthesize(rollout, {}, { containerPort: 9090 });
    const result = await run("apply", "-auto-approve", "-json");
    expectExit(result);

    // THEN
    const events = result.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; hook?: { resource: { addr: string }; action: string } })
      .filter(({ type }) => type === "apply_start" || type === "apply_complete")
      .map(({ type, hook }) => `${type} ${hook!.action} ${hook!.resource.addr.replace(/_[0-9A-F]{8}$/, "")}`);
    const moved = events.indexOf("apply_complete update aws_ecs_service.shop_blue");
    for (const rule of [
      "aws_vpc_security_group_egress_rule.shop_Traffic_ToTasks",
      "aws_vpc_security_group_ingress_rule.shop_FromLoadBalancer",
    ]) {
      expect(events.indexOf(`apply_complete create ${rule}-9090`)).toBeGreaterThanOrEqual(0);
      expect(events.indexOf(`apply_complete create ${rule}-9090`)).toBeLessThan(moved);
      expect(events.indexOf(`apply_start delete ${rule}-8080`)).toBeGreaterThan(moved);
    }
    expect(events.join()).not.toContain("aws_lb_target_group");
    expectExit(await run("plan", "-detailed-exitcode"), 0);
  }, 180_000);

  it("replaces the target group of the idle color, and refuses a plan that would replace that of the live one", async () => {
    // GIVEN a protocol that a target group cannot change
    const grpc = { protocolVersion: "GRPC" };

    // WHEN
    synthesize(rollout, {}, { transform: { targetGroup: grpc } });
    const both = await run("plan");
    synthesize(
      rollout,
      {},
      {
        transform: { targetGroup: (config, color) => (color === rollout.idle ? { ...config, ...grpc } : config) },
      },
    );
    const idle = await apply();

    // THEN
    expect(both.exitCode).toBe(1);
    expect(both.stderr).toContain("prevent_destroy");
    expect(idle).toContain(`replace aws_lb_target_group.shop_Traffic_TargetGroup-${rollout.idle}`);
    expectExit(await run("plan", "-detailed-exitcode"), 0);
    synthesize(rollout);
    await apply();
  }, 180_000);

  it("takes back a green that fails before it got any traffic, without one failed request", async () => {
    // GIVEN
    const clients = model.ask();
    await go(rollout.prewarm("1.1.0"));
    model.breakColor("green");

    // WHEN
    const tested = await model.statusOf("green");
    const aborted = await go(rollout.abort());
    const retired = await go(rollout.retire());

    // THEN nothing to abort: there was no traffic yet
    expect(tested).toBe(500);
    expect(aborted).toEqual([]);
    expect(retired).toEqual(GREEN_GOES);
    expect((await clients.stop()).failed).toBe(0);
  }, 180_000);

  it("moves no traffic when something else changes during a canary; an abort takes all of it back", async () => {
    // GIVEN
    await go(rollout.prewarm("1.1.0"));
    await go(rollout.canary(10));

    // WHEN
    synthesize(rollout, { LOG_LEVEL: "debug" });
    const unrelated = await apply();
    const during = applied();
    synthesize(rollout);
    await apply();
    model.breakColor("green");
    const failing = await asked(model);
    const aborted = await go(rollout.abort());
    const healed = await asked(model);

    // THEN
    expect(unrelated).toEqual([
      ...COLORS.map((color) => `replace aws_ecs_task_definition.shop_${color}_TaskDefinition`),
      ...COLORS.map((color) => `update aws_ecs_service.shop_${color}`),
    ]);
    expect(during.weights).toEqual({ blue: 90, green: 10 });
    expect(aborted).toEqual([LISTENER]);
    // A canary that fails costs its share, and nothing after the abort.
    const share = failing.failed / (failing.failed + failing.answered.blue);
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.15);
    expect(healed.failed).toBe(0);
  }, 240_000);

  it("goes back after the cutover, too", async () => {
    // GIVEN
    await go(rollout.retire());
    await go(rollout.prewarm("1.1.0"));
    await go(rollout.cutover());

    // WHEN
    const aborted = await go(rollout.abort());

    // THEN
    expect(aborted).toEqual(TRAFFIC);
    expect((await run("destroy", "-auto-approve")).stderr).toContain("prevent_destroy");
    synthesize(rollout, {}, { deletionProtection: false });
    await apply();
    expectExit(await run("destroy", "-auto-approve"));
  }, 240_000);
});

/** What clients see in a while. */
async function asked(model: TrafficModel): Promise<Answers> {
  const clients = model.ask();
  await sleep(1500);
  return clients.stop();
}
