import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import type { TerraformStack } from "cdktf";
import { Duration } from "../../core/duration";
import { isUnresolved } from "../../core/tokens";
import { ValidationError } from "../../core/errors";
import type { Destination, Router } from "../../blue-green/blue-green-stacks";

/** Route 53 takes any 32-bit number; more than a day would hold the old color's clients back for longer. */
const LONGEST_TTL_SECONDS = 86_400;

/** Where the clients of a color go. */
export interface DnsTarget {
  /** Host name of the color, such as that of its load balancer. */
  readonly dnsName: string;

  /**
   * Hosted zone of an AWS resource with this name, `lb.zoneId`: makes the record an alias, which costs nothing to ask for
   * and may stand at the top of a zone.
   * @default - the record is a CNAME
   */
  readonly hostedZoneId?: string;
}

/** Options of a `Route53Router`. */
export interface Route53RouterProps<ColorStack extends TerraformStack> {
  /** Hosted zone of the name. */
  readonly zoneId: string;

  /** Name that clients ask for: `shop.example.org`. */
  readonly recordName: string;

  /** Where the clients of a color go: `(stack) => ({ dnsName: stack.lb.dnsName, hostedZoneId: stack.lb.zoneId })`. */
  readonly target: (stack: ColorStack) => DnsTarget;

  /**
   * Whether aliases answer to IPv6 as well, with AAAA records.
   * @default false
   */
  readonly ipv6?: boolean;

  /**
   * How long resolvers may keep a CNAME: 1 second to 1 day. An alias has the time of what it stands for.
   * @default Duration.seconds(60)
   */
  readonly timeToLive?: Duration;
}

/**
 * Shares traffic out with weighted records of Route 53, one for each color. Resolvers keep an answer until its time to
 * live is over, and some clients for longer: the shares are those of new look-ups.
 */
export class Route53Router<ColorStack extends TerraformStack> implements Router<ColorStack> {
  constructor(private readonly props: Route53RouterProps<ColorStack>) {}

  /** @throws ValidationError `InvalidTimeToLive` */
  route(stack: TerraformStack, destinations: readonly Destination<ColorStack>[]): void {
    const ttl = this.requireTimeToLive(stack);
    for (const destination of destinations) this.addRecords(stack, destination, ttl);
  }

  private addRecords(stack: TerraformStack, destination: Destination<ColorStack>, ttl: number): void {
    const { zoneId, recordName: name, ipv6, target } = this.props;
    const { color, percent: weight } = destination;
    const { dnsName, hostedZoneId } = target(destination.stack);
    const record = { zoneId, name, setIdentifier: color, weightedRoutingPolicy: { weight } };
    if (hostedZoneId === undefined) {
      new Route53Record(stack, `Record-${color}`, { ...record, type: "CNAME", ttl, records: [dnsName] });
      return;
    }
    // Otherwise an unhealthy live color would hand its traffic to the one with weight 0. Source: Route 53 Developer
    // Guide, "How Amazon Route 53 chooses records when health checking is configured".
    const alias = { name: dnsName, zoneId: hostedZoneId, evaluateTargetHealth: false };
    new Route53Record(stack, `Record-${color}`, { ...record, type: "A", alias });
    if (ipv6) new Route53Record(stack, `Record6-${color}`, { ...record, type: "AAAA", alias });
  }

  private requireTimeToLive(stack: TerraformStack): number {
    const { timeToLive = Duration.seconds(60) } = this.props;
    const seconds = timeToLive.toSeconds({ integral: false });
    if (isUnresolved(seconds)) return seconds;
    if (Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_TTL_SECONDS) return seconds;
    const message = `\`timeToLive\` is ${timeToLive}; write 1 to ${LONGEST_TTL_SECONDS} whole seconds, and as few as the load on DNS allows`;
    throw new ValidationError("InvalidTimeToLive", message, stack);
  }
}
