import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { App, TerraformResource, type TerraformStack } from "cdktf";
import { describe, expect, it, test } from "@jest/globals";
import { BlueGreenStacks, type BlueGreenStacksProps, deployText, Duration, Rollout } from "../../lib/index";
import { Route53Router, type Route53RouterProps } from "../../lib/aws/index";
import { errorOf } from "../support/system-stack";
import { changes } from "../aws/blue-green/service";
import { PROPS, ShopStack, STEADY, type SynthesizedColors, synthesizeStacks } from "./stacks";

const NAMES = ["blue", "green", "router"] as const;

/** What a phase changes, by stack, outputs included; stacks without a change are left out. */
function changed(before: Rollout, after: Rollout, props: Partial<BlueGreenStacksProps<ShopStack>> = {}) {
  const [was, is] = [before, after].map((rollout) => synthesizeStacks({ ...props, rollout }));
  const withOutputs = ({ stacks }: SynthesizedColors, name: (typeof NAMES)[number]) => {
    const { resource, output = {} } = stacks[name];
    return { resource: { ...resource, output } };
  };
  return Object.fromEntries(
    NAMES.map((name) => [name, changes(withOutputs(was!, name), withOutputs(is!, name))] as const).filter(
      ([, lines]) => lines.length > 0,
    ),
  );
}

const COMES = [
  "+ aws_autoscaling_group.servers",
  "+ aws_lb.load-balancer",
  "+ aws_lb_target_group.target-group",
  expect.stringMatching(/^\+ output\.cross-stack-output-aws_lb_target_grouptarget-grouparn$/),
];
const GOES = [
  "- aws_autoscaling_group.servers",
  "- aws_lb.load-balancer",
  "- aws_lb_target_group.target-group",
  expect.stringMatching(/^- output\.cross-stack-output-aws_lb_target_grouptarget-grouparn$/),
];
const LISTENER = { router: ["~ aws_lb_listener.Listener"] };

const FIRST = {
  prewarm: STEADY.prewarm("1.1.0"),
  canary: STEADY.prewarm("1.1.0").canary(10),
  cutover: STEADY.prewarm("1.1.0").canary(10).cutover(),
  retired: STEADY.prewarm("1.1.0").canary(10).cutover().retire(),
};
const SECOND = {
  prewarm: FIRST.retired.prewarm("1.2.0"),
  canary: FIRST.retired.prewarm("1.2.0").canary(25),
  cutover: FIRST.retired.prewarm("1.2.0").canary(25).cutover(),
  retired: FIRST.retired.prewarm("1.2.0").canary(25).cutover().retire(),
};

describe("a stack in two colors", () => {
  it.each([
    ["prewarm", STEADY, FIRST.prewarm, { green: COMES, ...LISTENER }],
    ["canary", FIRST.prewarm, FIRST.canary, LISTENER],
    ["cutover", FIRST.canary, FIRST.cutover, LISTENER],
    ["retire", FIRST.cutover, FIRST.retired, { blue: GOES, ...LISTENER }],
    ["second prewarm", FIRST.retired, SECOND.prewarm, { blue: COMES, ...LISTENER }],
    ["second canary", SECOND.prewarm, SECOND.canary, LISTENER],
    ["second cutover", SECOND.canary, SECOND.cutover, LISTENER],
    ["second retire", SECOND.cutover, SECOND.retired, { green: GOES, ...LISTENER }],
    ["abort of a prewarm", FIRST.prewarm, FIRST.prewarm.abort(), {}],
    ["abort of a canary", FIRST.canary, FIRST.canary.abort(), LISTENER],
    ["abort of a cutover", FIRST.cutover, FIRST.cutover.abort(), LISTENER],
    ["retire after an abort", FIRST.canary.abort(), STEADY, { green: GOES, ...LISTENER }],
  ])("changes nothing with %s but what the phase is about", (_, before, after, expected) => {
    expect(changed(before, after)).toEqual(expected);
  });

  it("ends two cycles on the addresses that it began with", () => {
    expect(changed(STEADY, SECOND.retired)).toEqual({ blue: ["~ aws_autoscaling_group.servers"] });
  });

  it("reads the colors' target groups through the states of their stacks", () => {
    // WHEN
    const { stacks } = synthesizeStacks({ rollout: FIRST.canary });

    // THEN
    const [listener] = Object.values(stacks.router.resource.aws_lb_listener!);
    const [action] = listener!.default_action as { forward: { target_group: unknown } }[];
    expect(action!.forward.target_group).toEqual([
      { arn: expect.stringMatching(/data\.terraform_remote_state\..*shop-blue\.outputs\./), weight: 90 },
      { arn: expect.stringMatching(/data\.terraform_remote_state\..*shop-green\.outputs\./), weight: 10 },
    ]);
  });

  it("hands out the stacks of the colors that exist", () => {
    // WHEN
    const stacks = new BlueGreenStacks(new App(), "shop", { ...PROPS, rollout: STEADY });

    // THEN
    expect(stacks.color("blue")).toBeInstanceOf(ShopStack);
    expect(stacks.color("green")).toBeUndefined();
  });

  it("asks nothing of a color that does not exist", () => {
    // WHEN
    const { stacks } = synthesizeStacks();

    // THEN Terraform still has the provider with which it destroys what was there
    expect(Object.keys(stacks.router.data!.terraform_remote_state!)).toEqual([expect.stringMatching(/shop-blue$/)]);
    expect(stacks.green).toMatchObject({ resource: {}, provider: { aws: [{ region: "us-east-1" }] } });
  });
});

describe("the order of a deployment", () => {
  it.each([
    ["steady", STEADY, [["shop-blue"], ["shop-router"], ["shop-green"]]],
    ["prewarm", FIRST.prewarm, [["shop-blue", "shop-green"], ["shop-router"]]],
    ["cutover", FIRST.cutover, [["shop-blue", "shop-green"], ["shop-router"]]],
    ["retire", FIRST.retired, [["shop-green"], ["shop-router"], ["shop-blue"]]],
  ])("puts colors before the router, and the router before a color that goes: %s", (_, rollout, stages) => {
    // WHEN
    const { deployOrder, dependencies } = synthesizeStacks({ rollout });

    // THEN cdktf follows the same order
    expect(deployOrder.stages.map(({ stacks }) => stacks)).toEqual(stages);
    expect(deployOrder.command).toBe(`cdktf deploy ${stages.flat().join(" ")}`);
    const [first, second, third = []] = stages;
    expect(dependencies).toEqual({
      ...Object.fromEntries(first!.map((stack) => [stack, []])),
      [second![0]!]: first,
      ...Object.fromEntries(third.map((stack) => [stack, second])),
    });
  });

  it("is told to people too", () => {
    expect(deployText(synthesizeStacks({ rollout: FIRST.retired }).deployOrder)).toBe(
      [
        "1. shop-green: green with 1.1.0",
        "2. shop-router: 100 percent to green",
        "3. shop-blue: removes blue, which has no traffic any more",
        "$ cdktf deploy shop-green shop-router shop-blue",
        "",
      ].join("\n"),
    );
  });
});

describe("weighted records of Route 53", () => {
  const records = (props: Partial<Route53RouterProps<ShopStack>> = {}, rollout = FIRST.canary) =>
    synthesizeStacks({
      rollout,
      router: new Route53Router<ShopStack>({
        zoneId: "Z1",
        recordName: "shop.example.org",
        target: ({ loadBalancer }) => ({ dnsName: loadBalancer.dnsName, hostedZoneId: loadBalancer.zoneId }),
        ...props,
      }),
    }).stacks.router.resource.aws_route53_record!;

  it("are aliases, one for each color, that no health check moves", () => {
    expect(records()).toMatchObject({
      "Record-blue": {
        type: "A",
        name: "shop.example.org",
        set_identifier: "blue",
        weighted_routing_policy: { weight: 90 },
        alias: { name: expect.stringContaining("shop-blue"), evaluate_target_health: false },
      },
      "Record-green": { set_identifier: "green", weighted_routing_policy: { weight: 10 } },
    });
    expect(Object.keys(records({ ipv6: true }))).toEqual([
      "Record-blue",
      "Record-green",
      "Record6-blue",
      "Record6-green",
    ]);
  });

  it("are CNAMEs for a name outside of AWS", () => {
    // GIVEN
    const target = ({ node }: ShopStack) => ({ dnsName: `${node.id}.example.org` });

    // WHEN
    const blue = records({ target, timeToLive: Duration.seconds(30) })["Record-blue"];

    // THEN
    expect(blue).toMatchObject({ type: "CNAME", ttl: 30, records: ["shop-blue.example.org"] });
    expect(blue).not.toHaveProperty("alias");
  });

  it("come with a prewarm, without traffic, and go with a retirement", () => {
    expect(Object.keys(records({}, STEADY))).toEqual(["Record-blue"]);
    expect(records({}, FIRST.prewarm)["Record-green"]).toMatchObject({ weighted_routing_policy: { weight: 0 } });
    expect(Object.keys(records({}, FIRST.retired))).toEqual(["Record-green"]);
  });

  it.each([0, 172_800])("are kept for %s seconds, as Route 53 takes it", (seconds) => {
    expect(
      records({ target: ({ node }) => ({ dnsName: node.id }), timeToLive: Duration.seconds(seconds) }),
    ).toMatchObject({
      "Record-blue": { ttl: seconds },
    });
  });

  it("can be changed", () => {
    expect(records({ transform: { healthCheckId: "check" } })["Record-blue"]).toMatchObject({
      health_check_id: "check",
    });
  });

  it.each([2_147_483_648, 0.5])("are not kept for %s seconds", (seconds) => {
    expect(errorOf(() => records({ timeToLive: Duration.seconds(seconds) })).code).toBe("InvalidTimeToLive");
  });
});

describe("a color is refused", () => {
  const withColor = (add: (stack: ShopStack) => void, props: Partial<BlueGreenStacksProps<ShopStack>> = {}) =>
    synthesizeStacks({
      makeColor: (scope, id, { release }) => {
        const stack = new ShopStack(scope, id, release);
        add(stack);
        return stack;
      },
      ...props,
    });

  test("when it holds data", () => {
    expect(errorOf(() => withColor((stack) => new S3Bucket(stack, "uploads")))).toEqual({
      code: "StatefulInColor",
      message: expect.stringMatching(
        /^aws_s3_bucket holds data, and retiring blue would destroy it .*shop-blue\/uploads/,
      ),
    });
  });

  test("when it holds a step of a migration, or what must not be destroyed", () => {
    // GIVEN
    const step = (stack: ShopStack) => new TerraformResource(stack, "step", { terraformResourceType: "sterna_step" });
    const protectedGroup = ({ targetGroup }: ShopStack) => (targetGroup.lifecycle = { preventDestroy: true });

    // THEN
    expect(errorOf(() => withColor(step)).message).toContain("would be rolled back when blue is retired");
    expect(errorOf(() => withColor(protectedGroup)).message).toContain("with preventDestroy");
  });

  test("not for data of a type that may be lost", () => {
    const queue = (stack: ShopStack) => new SqsQueue(stack, "queue");
    expect(errorOf(() => withColor(queue)).message).toContain('disposableTypes: ["aws_sqs_queue"]');
    expect(errorOf(() => withColor(queue, { disposableTypes: ["aws_sqs_queue"] }))).toMatchObject({
      code: "StatefulInColor",
      message: expect.stringContaining('acknowledge: { StatefulInColor: "<reason>" }'),
    });
    const reason = { acknowledge: { StatefulInColor: "what waits is asked for again" } };
    expect(() => withColor(queue, { disposableTypes: ["aws_sqs_queue"], ...reason })).not.toThrow();
    expect(errorOf(() => withColor(queue, reason))).toHaveProperty("code", "NothingToAcknowledge");
  });

  test("not when the router's stack holds data: it stays", () => {
    const route = (stack: TerraformStack) => void new S3Bucket(stack, "logs");
    expect(() => synthesizeStacks({ router: { route } })).not.toThrow();
  });

  test("when the names of its stacks would be none", () => {
    expect(errorOf(() => new BlueGreenStacks(new App(), "My Shop", PROPS)).code).toBe("InvalidIdentifier");
  });

  test("when its stack has another name than the one that is emptied later", () => {
    // GIVEN
    const makeColor = (...[scope, , { release }]: Parameters<BlueGreenStacksProps<ShopStack>["makeColor"]>) =>
      new ShopStack(scope, "shop", release);

    // THEN
    expect(errorOf(() => synthesizeStacks({ makeColor })).code).toBe("InvalidColorStack");
  });

  test("when it has traffic and does not exist", () => {
    // GIVEN what no step of a rollout leads to
    const rollout = new Rollout({ phase: "canary", live: "blue", canary: 10, releases: { blue: "1.0.0" } });

    // THEN
    expect(errorOf(() => synthesizeStacks({ rollout }))).toEqual({
      code: "TrafficWithoutColor",
      message: expect.stringContaining("green gets 10 percent"),
    });
    expect(errorOf(() => FIRST.canary.retire()).code).toBe("RolloutJump");
  });
});
