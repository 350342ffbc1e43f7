import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group";
import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { App, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { BlueGreenStacks, type BlueGreenStacksProps, type DeployOrder, Rollout } from "../../lib/index";
import { LoadBalancerRouter } from "../../lib/aws/index";
import type { SynthesizedStack } from "../support/synth";

/** A whole stack that is rolled out in two colors, as a user would write it. */
export class ShopStack extends TerraformStack {
  readonly targetGroup: LbTargetGroup;
  readonly loadBalancer: Lb;

  constructor(scope: Construct, id: string, release: string) {
    super(scope, id);
    prepareStack(this);
    this.targetGroup = new LbTargetGroup(this, "target-group", { name: id, port: 8080, protocol: "HTTP" });
    this.loadBalancer = new Lb(this, "load-balancer", { name: id, subnets: ["subnet-1", "subnet-2"] });
    new AutoscalingGroup(this, "servers", {
      minSize: 2,
      maxSize: 4,
      launchTemplate: { id: "lt-1", version: release },
      targetGroupArns: [this.targetGroup.arn],
    });
  }
}

export function prepareStack(stack: TerraformStack): void {
  new AwsProvider(stack, "aws", { region: "us-east-1" });
}

export const STEADY = Rollout.steady("blue", "1.0.0");

export const PROPS: BlueGreenStacksProps<ShopStack> = {
  rollout: STEADY,
  makeColor: (scope, id, { release }) => new ShopStack(scope, id, release),
  prepareStack,
  router: new LoadBalancerRouter({
    loadBalancerArn: "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/1",
    certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1",
    targetGroupArn: ({ targetGroup }) => targetGroup.arn,
  }),
};

/** What an app with one `BlueGreenStacks` is synthesized to. */
export interface SynthesizedColors {
  /** By name, without `shop-`. */
  readonly stacks: Readonly<Record<"blue" | "green" | "router", SynthesizedStack>>;
  /** Names of the stacks that `cdktf` deploys before each. */
  readonly dependencies: Readonly<Record<string, readonly string[]>>;
  readonly deployOrder: DeployOrder;
}

/** Synthesizes the stacks `shop-blue`, `shop-green` and `shop-router`. */
export function synthesizeStacks(props: Partial<BlueGreenStacksProps<ShopStack>> = {}): SynthesizedColors {
  const outdir = mkdtempSync(join(tmpdir(), "sterna-stacks-"));
  try {
    const app = new App({ outdir });
    new BlueGreenStacks(app, "shop", { ...PROPS, ...props });
    app.synth();
    const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(outdir, ...path), "utf8"));
    const stack = (name: string) => ({ resource: {}, ...(read("stacks", `shop-${name}`, "cdk.tf.json") as object) });
    const manifest = read("manifest.json") as { stacks: Record<string, { dependencies: string[] }> };
    return {
      stacks: { blue: stack("blue"), green: stack("green"), router: stack("router") },
      dependencies: Object.fromEntries(
        Object.entries(manifest.stacks).map(([name, { dependencies }]) => [
          name,
          dependencies.map((path) => path.split("/").at(-1)!),
        ]),
      ),
      deployOrder: read("stacks", "shop-router", "blue-green.json") as DeployOrder,
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
