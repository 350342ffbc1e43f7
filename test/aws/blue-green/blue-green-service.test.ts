import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, it } from "@jest/globals";
import { Token } from "cdktf";
import { BlueGreenService } from "../../../lib/aws/blue-green/blue-green-service";
import { Duration } from "../../../lib/core/duration";
import type { Color } from "../../../lib/manifest/rollout";
import { synthesize, type SynthesizedStack } from "../../support/synth";
import { changes, SERVICE, STEADY, synthesizeService } from "./service";

type Block = Record<string, unknown>;

const resources = (stack: SynthesizedStack, type: string): Block[] => Object.values(stack.resource[type] ?? {});

function listener(stack: SynthesizedStack, port: number): Block {
  return resources(stack, "aws_lb_listener").find((block) => block.port === port)!;
}

/** Weights of a listener: [blue, green]. */
function weights(stack: SynthesizedStack, port: number): number[] {
  const [action] = listener(stack, port).default_action as { forward: { target_group: { weight: number }[] } }[];
  return action!.forward.target_group.map(({ weight }) => weight);
}

const WALK = {
  steady: STEADY,
  prewarm: STEADY.prewarm("1.1.0"),
  canary: STEADY.prewarm("1.1.0").canary(10),
  larger: STEADY.prewarm("1.1.0").canary(10).canary(50),
  cutover: STEADY.prewarm("1.1.0").canary(10).canary(50).cutover(),
  retired: STEADY.prewarm("1.1.0").cutover().retire(),
};

const GREEN_COMES = [
  "+ aws_appautoscaling_policy.shop_green_CpuPolicy",
  "+ aws_appautoscaling_target.shop_green_ScalableTarget",
  "+ aws_cloudwatch_metric_alarm.shop_green_Alarms_Errors",
  "+ aws_cloudwatch_metric_alarm.shop_green_Alarms_Unhealthy",
  "+ aws_ecs_service.shop_green",
  "+ aws_ecs_task_definition.shop_green_TaskDefinition",
];
const LISTENER = "~ aws_lb_listener.shop_Traffic_Listener";
const TEST_LISTENER = "~ aws_lb_listener.shop_Traffic_TestListener";

describe("a service in two colors", () => {
  it.each([
    ["prewarm", STEADY, WALK.prewarm, GREEN_COMES],
    ["canary", WALK.prewarm, WALK.canary, [LISTENER]],
    ["larger canary", WALK.canary, WALK.larger, [LISTENER]],
    ["cutover", WALK.larger, WALK.cutover, [LISTENER, TEST_LISTENER]],
    [
      "retire",
      WALK.cutover,
      WALK.retired,
      GREEN_COMES.map((line) => line.replace("+", "-").replaceAll("green", "blue")),
    ],
    ["abort of a prewarm", WALK.prewarm, WALK.prewarm.abort(), []],
    ["abort of a canary", WALK.canary, WALK.canary.abort(), [LISTENER]],
    ["abort of a cutover", WALK.cutover, WALK.cutover.abort(), [LISTENER, TEST_LISTENER]],
    ["retire after an abort", WALK.canary.abort(), STEADY, GREEN_COMES.map((line) => line.replace("+", "-"))],
  ])("changes nothing with %s but what the phase is about", (_, before, after, expected) => {
    // WHEN
    const changed = changes(synthesizeService({ rollout: before }), synthesizeService({ rollout: after }));

    // THEN
    expect(changed.map((line) => line.replace(/_[0-9A-F]{8}$/, ""))).toEqual([...expected].sort());
  });

  it("goes through the same addresses in the second cycle, from green to blue", () => {
    // GIVEN
    const secondPrewarm = WALK.retired.prewarm("1.2.0");

    // WHEN
    const first = changes(synthesizeService(), synthesizeService({ rollout: WALK.prewarm }));
    const second = changes(synthesizeService({ rollout: WALK.retired }), synthesizeService({ rollout: secondPrewarm }));
    const back = synthesizeService({ rollout: secondPrewarm.cutover().retire() });

    // THEN the blue of the second cycle has the addresses of the very first blue
    expect(second.map((line) => line.replace(/_[0-9A-F]{8}$/, ""))).toEqual(
      first.map((line) => line.replaceAll("green", "blue").replace(/_[0-9A-F]{8}$/, "")),
    );
    expect(changes(synthesizeService(), back).map((line) => line.slice(0, 1))).toEqual(["~"]);
    expect(changes(synthesizeService(), back)[0]).toContain("aws_ecs_task_definition.shop_blue_TaskDefinition");
  });

  it.each([
    ["steady", [100, 0], [0, 100]],
    ["prewarm", [100, 0], [0, 100]],
    ["canary", [90, 10], [0, 100]],
    ["larger", [50, 50], [0, 100]],
    ["cutover", [0, 100], [100, 0]],
    ["retired", [0, 100], [100, 0]],
  ] as const)("shares traffic by its phase, and its test listener reaches the other color: %s", (phase, live, test) => {
    // WHEN
    const stack = synthesizeService({ rollout: WALK[phase] });

    // THEN
    expect(weights(stack, 443)).toEqual(live);
    expect(weights(stack, 8443)).toEqual(test);
  });

  it("keeps a client at its color during a canary only: later that would hold traffic back", () => {
    // GIVEN
    const stickiness = Duration.minutes(5);
    const sticky = (phase: keyof typeof WALK): unknown => {
      const [action] = listener(synthesizeService({ rollout: WALK[phase], stickiness }), 443).default_action as Block[];
      return (action!.forward as Block).stickiness;
    };

    // THEN
    expect(sticky("canary")).toEqual({ duration: 300, enabled: true });
    expect(sticky("cutover")).toBeUndefined();
    expect(sticky("steady")).toBeUndefined();
  });

  it("is private, encrypted and watched without being told to", () => {
    // GIVEN
    const stack = synthesizeService({
      secrets: { TOKEN: "arn:aws:secretsmanager:us-east-1:1:secret:shop-AbCdEf:token::" },
    });
    const [loadBalancer] = resources(stack, "aws_lb");
    const [service] = resources(stack, "aws_ecs_service");
    const [task] = resources(stack, "aws_ecs_task_definition");
    const [policy] = resources(stack, "aws_iam_role_policy");

    // THEN
    expect(loadBalancer).toMatchObject({ enable_deletion_protection: true, drop_invalid_header_fields: true });
    expect(listener(stack, 443)).toMatchObject({ protocol: "HTTPS", ssl_policy: expect.stringContaining("TLS13-1-2") });
    expect(listener(stack, 80).default_action).toEqual([
      { type: "redirect", redirect: { port: "443", protocol: "HTTPS", status_code: "HTTP_301" } },
    ]);
    // Nobody may use the test listener until somebody is named.
    expect(resources(stack, "aws_vpc_security_group_ingress_rule").map((rule) => rule.from_port)).toEqual(
      expect.not.arrayContaining([8443]),
    );
    expect(service).toMatchObject({
      wait_for_steady_state: true,
      deployment_circuit_breaker: { enable: true, rollback: true },
      alarms: { enable: true, rollback: true },
      lifecycle: { ignore_changes: ["desired_count"] },
    });
    expect(JSON.parse(task!.container_definitions as string)[0]).toMatchObject({
      readonlyRootFilesystem: true,
      secrets: [{ name: "TOKEN", valueFrom: expect.stringContaining(":token::") }],
    });
    expect(JSON.parse(policy!.policy as string).Statement).toContainEqual({
      Effect: "Allow",
      Action: "secretsmanager:GetSecretValue",
      Resource: ["arn:aws:secretsmanager:us-east-1:1:secret:shop-AbCdEf"],
    });
  });

  it("may read a parameter of Systems Manager by its own permission, beside a secret", () => {
    // GIVEN
    const parameter = "arn:aws:ssm:us-east-1:1:parameter/shop/region";
    const secret = "arn:aws:secretsmanager:us-east-1:1:secret:shop-AbCdEf";

    // WHEN
    const stack = synthesizeService({ secrets: { REGION: parameter, TOKEN: secret } });

    // THEN
    const [policy] = resources(stack, "aws_iam_role_policy");
    expect(JSON.parse(policy!.policy as string).Statement).toEqual(
      expect.arrayContaining([
        { Effect: "Allow", Action: "ssm:GetParameters", Resource: [parameter] },
        { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: [secret] },
      ]),
    );
  });

  it("tells the names of a color's alarms, and none for a color that does not exist", () => {
    // GIVEN
    let names: Record<string, readonly string[]> = {};

    // WHEN
    synthesize((stack) => {
      new AwsProvider(stack, "aws", { region: "us-east-1" });
      const service = new BlueGreenService(stack, "shop", SERVICE);
      names = { blue: service.alarmNames("blue"), green: service.alarmNames("green") };
    });

    // THEN
    expect(names).toEqual({ blue: ["shop-blue-errors", "shop-blue-unhealthy"], green: [] });
  });

  describe("when a port changes", () => {
    const rules = (stack: SynthesizedStack): unknown[][] =>
      ["aws_vpc_security_group_egress_rule", "aws_vpc_security_group_ingress_rule"].flatMap((type) =>
        Object.entries(stack.resource[type]!)
          .filter(([name]) => /ToTasks|FromLoadBalancer/.test(name))
          .map(([name, { from_port, lifecycle }]) => [`${type}.${name}`, from_port, lifecycle]),
      );

    // https://github.com/hashicorp/terraform/issues/16120
    it("keeps its target groups, and closes the old port after the tasks on it are gone", () => {
      // WHEN
      const [before, after] = [synthesizeService(), synthesizeService({ containerPort: 9090 })];

      // THEN no target group is replaced: its port is a default that ECS overrides
      for (const group of resources(after, "aws_lb_target_group")) {
        expect(group.lifecycle).toMatchObject({ create_before_destroy: true, ignore_changes: ["port"] });
      }
      // Another rule, which Terraform makes before it destroys the old one, after whatever depends on both
      const addresses = [...rules(before), ...rules(after)].map(([address]) => address);
      expect(new Set(addresses).size).toBe(4);
      for (const [, , lifecycle] of [...rules(before), ...rules(after)]) {
        expect(lifecycle).toEqual({ create_before_destroy: true });
      }
      for (const stack of [before, after]) {
        const [service] = resources(stack, "aws_ecs_service");
        expect(service!.depends_on).toEqual(expect.arrayContaining(rules(stack).map(([address]) => address)));
      }
    });

    it("has a port for each color when the port comes with a release", () => {
      // WHEN
      const stack = synthesizeService({ rollout: WALK.canary, containerPort: { "1.0.0": 8080, "1.1.0": 9090 } });

      // THEN
      const ports = resources(stack, "aws_ecs_service").map(
        ({ load_balancer }) => (load_balancer as Block[])[0]!.container_port,
      );
      expect(ports).toEqual([8080, 9090]);
      const mapped = resources(stack, "aws_ecs_task_definition").map(({ container_definitions }) => {
        const [container] = JSON.parse(container_definitions as string) as { portMappings: unknown }[];
        return container!.portMappings;
      });
      expect(mapped).toEqual([8080, 9090].map((containerPort) => [{ containerPort, protocol: "tcp" }]));
      expect(rules(stack).map(([, port]) => port)).toEqual([8080, 9090, 8080, 9090]);
      // The port of the old release closes when its color goes, and the live color changes with none of it.
      const ported = (rollout: keyof typeof WALK) =>
        synthesizeService({ rollout: WALK[rollout], containerPort: { "1.0.0": 8080, "1.1.0": 9090 } });
      expect(changes(ported("steady"), ported("prewarm")).filter((line) => line.startsWith("~"))).toEqual([]);
      expect(changes(ported("cutover"), ported("retired")).filter((line) => line.startsWith("~"))).toEqual([]);
    });
  });

  // https://github.com/terraform-aws-modules/terraform-aws-alb/issues/251
  it("has target groups that can be replaced, whatever replaces them: none has a fixed name", () => {
    for (const group of resources(synthesizeService(), "aws_lb_target_group")) {
      expect(group).not.toHaveProperty("name");
      expect(group).toMatchObject({ name_prefix: expect.stringMatching(/^shop-[bg]$/) });
    }
    const [named] = resources(
      synthesizeService({ transform: { targetGroup: { name: "mine" } } }),
      "aws_lb_target_group",
    );
    expect(named).toMatchObject({ name: "mine" });
    expect(named).not.toHaveProperty("name_prefix");
  });

  it.each([
    ["steady", { blue: true, green: false }],
    ["prewarm", { blue: true, green: false }],
    ["canary", { blue: true, green: true }],
    ["cutover", { blue: false, green: true }],
  ] as const)("refuses plans that would replace what serves traffic, in the phase %s", (phase, kept) => {
    // WHEN
    const stack = synthesizeService({ rollout: WALK[phase] });

    // THEN
    const prevented = (type: string) =>
      Object.entries(stack.resource[type]!).map(([name, { lifecycle }]) => [
        /blue|green/.exec(name)![0],
        (lifecycle as { prevent_destroy?: boolean }).prevent_destroy,
      ]);
    expect(Object.fromEntries(prevented("aws_lb_target_group"))).toEqual(kept);
    for (const [color, prevent] of prevented("aws_ecs_service")) expect(prevent).toBe(kept[color as Color]);
    expect(resources(stack, "aws_lb")[0]).toMatchObject({ lifecycle: { prevent_destroy: true } });
  });

  it("can be destroyed once its protection was turned off", () => {
    const stack = synthesizeService({ deletionProtection: false });
    expect(resources(stack, "aws_lb")[0]).toMatchObject({ enable_deletion_protection: false });
    expect(JSON.stringify(stack.resource)).not.toContain('"prevent_destroy":true');
  });

  const repository = (host: string, name: string) => `${host}/${name}@sha256:${"0".repeat(64)}`;
  it.each([
    [
      "no repository, for images of another registry",
      { "1.0.0": repository("registry.example.org", "shop") },
      undefined,
    ],
    [
      "the repositories of its images in Amazon ECR",
      {
        "1.0.0": repository("123456789012.dkr.ecr.eu-central-1.amazonaws.com", "shop/web"),
        "1.1.0": repository("210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn", "shop"),
      },
      ["ecr:eu-central-1:123456789012:repository/shop/web", "ecr:cn-north-1:210987654321:repository/shop"],
    ],
  ])("may pull from %s", (_what, images, expected) => {
    const [policy] = resources(synthesizeService({ images }), "aws_iam_role_policy");
    const statements = JSON.parse(policy!.policy as string).Statement as { Action: unknown; Resource: string[] }[];
    const pull = statements.find(({ Action }) => String(Action).includes("ecr:BatchGetImage"));
    const partition = /\$\{data\.aws_partition\.\w+\.partition\}/;
    expect(pull?.Resource.map((arn) => arn.replace(partition, "P")).sort()).toEqual(
      expected?.map((arn) => `arn:P:${arn}`).sort(),
    );
    expect(JSON.stringify(statements)).not.toContain("repository/*");
  });

  it("has Terraform find the repository of an image that only Terraform knows", () => {
    const unknown = Token.asString({ resolve: () => "${aws_ecr_repository.shop.repository_url}" });
    const [policy] = resources(
      synthesizeService({ images: { "1.0.0": `${unknown}@sha256:${"0".repeat(64)}` } }),
      "aws_iam_role_policy",
    );
    expect(policy!.policy).toContain("replace(");
    expect(policy!.policy).not.toContain("repository/*");
  });

  it("may decrypt secrets and parameters under keys of their own", () => {
    const key = "arn:aws:kms:us-east-1:1:key/own";
    const stack = synthesizeService({
      secrets: { TOKEN: "arn:aws:ssm:us-east-1:1:parameter/shop/token" },
      secretKmsKeyArns: [key],
    });
    expect(JSON.parse(resources(stack, "aws_iam_role_policy")[0]!.policy as string).Statement).toContainEqual({
      Effect: "Allow",
      Action: "kms:Decrypt",
      Resource: [key],
      Condition: { StringLike: { "kms:ViaService": ["secretsmanager.*", "ssm.*"] } },
    });
  });

  it("lets ECS assume the role of its tasks for tasks of its account and region only", () => {
    const role = resources(synthesizeService(), "aws_iam_role").find(({ name }) => name === "shop-task");
    expect(JSON.parse(role!.assume_role_policy as string).Statement[0].Condition).toEqual({
      StringEquals: { "aws:SourceAccount": expect.stringMatching(/account_id\}$/) },
      ArnLike: { "aws:SourceArn": expect.stringMatching(/^arn:\$\{data\.aws_partition\..*\}:ecs:\$\{data.*:\*$/) },
    });
  });

  it("serves plain HTTP inside of a VPC, with a reason", () => {
    // WHEN
    const stack = synthesizeService({
      certificateArn: undefined,
      internal: true,
      acknowledge: { PlaintextWithoutReason: "a service mesh encrypts" },
    });

    // THEN
    expect(resources(stack, "aws_lb_listener").map(({ port, protocol }) => [port, protocol])).toEqual([
      [80, "HTTP"],
      [8443, "HTTP"],
    ]);
    expect(listener(stack, 80).default_action).toMatchObject([{ type: "forward" }]);
  });

  it("lets everything that it makes be changed, a color by itself where it has colors", () => {
    // WHEN
    const tagged = { tags: { team: "birds" } };
    const stack = synthesizeService({
      rollout: WALK.canary,
      transform: {
        ...{ loadBalancer: tagged, listener: tagged, testListener: tagged, redirectListener: tagged, log: tagged },
        ...{ securityGroup: tagged, service: tagged, taskDefinition: tagged, alarm: tagged, scalableTarget: tagged },
        ...{ executionRole: tagged, taskRole: tagged },
        targetGroup: (config, color) => ({
          ...config,
          ...tagged,
          ...(color === "green" && { protocolVersion: "GRPC" }),
        }),
        executionRolePolicy: { name: "changed" },
        scalingPolicy: (config) => ({ ...config, name: `${config.name}-changed` }),
      },
    });

    // THEN
    const untagged = Object.entries(stack.resource).flatMap(([type, blocks]) =>
      Object.values(blocks).some(({ tags }) => JSON.stringify(tags) !== JSON.stringify(tagged.tags)) ? [type] : [],
    );
    expect(untagged.sort()).toEqual([
      "aws_appautoscaling_policy",
      "aws_iam_role_policy",
      "aws_vpc_security_group_egress_rule",
      "aws_vpc_security_group_ingress_rule",
    ]);
    expect(resources(stack, "aws_iam_role_policy")).toMatchObject([{ name: "changed" }]);
    expect(resources(stack, "aws_appautoscaling_policy")).toMatchObject([
      { name: "shop-blue-cpu-changed" },
      { name: "shop-green-cpu-changed" },
    ]);
    const versions = resources(stack, "aws_lb_target_group").map(({ protocol_version }) => protocol_version);
    expect(versions).toEqual([undefined, "GRPC"]);
  });
});
