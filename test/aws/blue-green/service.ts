import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { BlueGreenService } from "../../../lib/aws/blue-green/blue-green-service";
import type { BlueGreenServiceProps } from "../../../lib/aws/blue-green/blue-green-service-props";
import { Rollout } from "../../../lib/manifest/rollout";
import { synthesize, type SynthesizedStack } from "../../support/synth";

/** An image by digest whose digest shows a release. */
export function image(release: string): string {
  return `registry.example.org/shop@sha256:${Buffer.from(release).toString("hex").padEnd(64, "0")}`;
}

export const STEADY = Rollout.steady("blue", "1.0.0");

export const SERVICE: BlueGreenServiceProps = {
  serviceName: "shop",
  rollout: STEADY,
  images: { "1.0.0": image("1.0.0"), "1.1.0": image("1.1.0"), "1.2.0": image("1.2.0") },
  clusterArn: "arn:aws:ecs:us-east-1:123456789012:cluster/shop",
  vpcId: "vpc-1",
  subnetIds: ["subnet-1", "subnet-2"],
  loadBalancerSubnetIds: ["subnet-3", "subnet-4"],
  certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1",
  containerPort: 8080,
};

/** A stack with one service in it. */
export function synthesizeService(props: Partial<BlueGreenServiceProps> = {}): SynthesizedStack {
  return synthesize((stack) => {
    new AwsProvider(stack, "aws", { region: "us-east-1" });
    new BlueGreenService(stack, "shop", { ...SERVICE, ...props });
  });
}

/** Without what no plan shows: what Terraform is told to do, and what it is told to ignore. */
function shown({ lifecycle, ...block }: Record<string, unknown>): string {
  const { ignore_changes: ignored = [] } = (lifecycle ?? {}) as { ignore_changes?: readonly string[] };
  return JSON.stringify(Object.entries(block).filter(([name]) => !ignored.includes(name)));
}

/** The addresses of a stack's resources whose configuration is not the same in both; sorted, with what happens to them. */
export function changes(before: SynthesizedStack, after: SynthesizedStack): string[] {
  const flat = ({ resource }: SynthesizedStack) =>
    new Map(
      Object.entries(resource).flatMap(([type, blocks]) =>
        Object.entries(blocks).map(([name, block]) => [`${type}.${name}`, shown(block)] as const),
      ),
    );
  const [was, is] = [flat(before), flat(after)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((address) => was.get(address) !== is.get(address))
    .map((address) => `${was.has(address) ? (is.has(address) ? "~" : "-") : "+"} ${address}`)
    .sort();
}
