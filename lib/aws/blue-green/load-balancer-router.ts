import { LbListener, type LbListenerConfig } from "@cdktf/provider-aws/lib/lb-listener";
import type { TerraformStack } from "cdktf";
import { applyTransform, type Transform } from "../../core/refactoring";
import { TLS_POLICY } from "./color-traffic";
import type { Destination, Router } from "../../blue-green/blue-green-stacks";

/** Options of a `LoadBalancerRouter`. */
export interface LoadBalancerRouterProps<ColorStack extends TerraformStack> {
  /** ARN of the application load balancer, which is in a shared stack. A change replaces the listener. */
  readonly loadBalancerArn: string;

  /** ARN of the ACM certificate of the listener. */
  readonly certificateArn: string;

  /** ARN of the target group of a color: `(stack) => stack.targetGroup.arn`. */
  readonly targetGroupArn: (stack: ColorStack) => string;

  /**
   * TCP port for users.
   * @default 443
   */
  readonly port?: number;

  /**
   * Changes the configuration of the listener. The result is not validated.
   * @default - as documented
   */
  readonly transform?: Transform<LbListenerConfig>;
}

/** Splits traffic with an HTTPS listener of an application load balancer that forwards by weight. */
export class LoadBalancerRouter<ColorStack extends TerraformStack> implements Router<ColorStack> {
  constructor(private readonly props: LoadBalancerRouterProps<ColorStack>) {}

  route(stack: TerraformStack, destinations: readonly Destination<ColorStack>[]): void {
    const { loadBalancerArn, certificateArn, targetGroupArn, port = 443, transform } = this.props;
    const targetGroup = destinations.map((destination) => ({
      arn: targetGroupArn(destination.stack),
      weight: destination.percent,
    }));
    const listener: LbListenerConfig = {
      loadBalancerArn,
      port,
      protocol: "HTTPS",
      sslPolicy: TLS_POLICY,
      certificateArn,
      defaultAction: [{ type: "forward", forward: { targetGroup } }],
    };
    new LbListener(stack, "Listener", applyTransform(listener, transform));
  }
}
