import { Route53Record, type Route53RecordConfig } from "@cdktf/provider-aws/lib/route53-record";
import { Annotations, type TerraformStack } from "cdktf";
import { Duration } from "../../core/duration";
import { applyTransform, type Transform } from "../../core/refactoring";
import { isUnresolved } from "../../core/tokens";
import { ValidationError } from "../../core/errors";
import type { Destination, Router } from "../../blue-green/blue-green-stacks";

/** @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html (TTL) */
const LONGEST_TTL_SECONDS = 2_147_483_647;
const DAY_SECONDS = 86_400;

/** The DNS target of a color. */
export interface DnsTarget {
  /** Host name of the color, such as that of its load balancer. */
  readonly dnsName: string;

  /**
   * Hosted zone of an AWS resource with this name, `lb.zoneId`. Makes the record an alias, whose queries are free and
   * which may be at the zone apex.
   * @default - the record is a CNAME
   */
  readonly hostedZoneId?: string;
}

/** Options of a `Route53Router`. */
export interface Route53RouterProps<ColorStack extends TerraformStack> {
  /** Hosted zone of the name. A change replaces the records. */
  readonly zoneId: string;

  /** Name that clients look up: `shop.example.org`. A change replaces the records. */
  readonly recordName: string;

  /** The DNS target of a color: `(stack) => ({ dnsName: stack.lb.dnsName, hostedZoneId: stack.lb.zoneId })`. */
  readonly target: (stack: ColorStack) => DnsTarget;

  /**
   * Whether aliases also resolve to IPv6 addresses, with AAAA records.
   * @default false
   */
  readonly ipv6?: boolean;

  /**
   * How long resolvers may cache a CNAME, in whole seconds. More than a day causes a warning. An alias has the time to
   * live of its target.
   * @default Duration.seconds(60)
   */
  readonly timeToLive?: Duration;

  /**
   * Changes the configuration of every record. The result is not validated.
   * @default - nothing is changed
   */
  readonly transform?: Transform<Route53RecordConfig>;
}

/**
 * Splits traffic with weighted Route 53 records, one for each color. Resolvers cache an answer for its time to live,
 * and some clients for longer, so the split applies to new lookups.
 */
export class Route53Router<ColorStack extends TerraformStack> implements Router<ColorStack> {
  constructor(private readonly props: Route53RouterProps<ColorStack>) {}

  /** @throws ValidationError `InvalidTimeToLive` */
  route(stack: TerraformStack, destinations: readonly Destination<ColorStack>[]): void {
    const ttl = this.requireTimeToLive(stack);
    for (const destination of destinations) this.addRecords(stack, destination, ttl);
  }

  private addRecords(stack: TerraformStack, destination: Destination<ColorStack>, ttl: number): void {
    const { zoneId, recordName: name, ipv6, target, transform } = this.props;
    const { color, percent: weight } = destination;
    const { dnsName, hostedZoneId } = target(destination.stack);
    const record = { zoneId, name, setIdentifier: color, weightedRoutingPolicy: { weight } };
    if (hostedZoneId === undefined) {
      const cname = { ...record, type: "CNAME", ttl, records: [dnsName] };
      new Route53Record(stack, `Record-${color}`, applyTransform(cname, transform));
      return;
    }
    // Otherwise an unhealthy live color would lose its traffic to the one with weight 0. Source: Route 53 Developer
    // Guide, "How Amazon Route 53 chooses records when health checking is configured".
    const alias = { name: dnsName, zoneId: hostedZoneId, evaluateTargetHealth: false };
    new Route53Record(stack, `Record-${color}`, applyTransform({ ...record, type: "A", alias }, transform));
    if (!ipv6) return;
    new Route53Record(stack, `Record6-${color}`, applyTransform({ ...record, type: "AAAA", alias }, transform));
  }

  private requireTimeToLive(stack: TerraformStack): number {
    const { timeToLive = Duration.seconds(60) } = this.props;
    const seconds = timeToLive.toSeconds({ integral: false });
    if (isUnresolved(seconds)) return seconds;
    if (Number.isInteger(seconds) && seconds >= 0 && seconds <= LONGEST_TTL_SECONDS) {
      if (seconds > DAY_SECONDS) {
        const warning = `timeToLive is ${timeToLive}: for that long, clients may stay with a color that has no traffic any more`;
        Annotations.of(stack).addWarning(warning);
      }
      return seconds;
    }
    const message = `\`timeToLive\` is ${timeToLive}; write 0 to ${LONGEST_TTL_SECONDS} whole seconds, and as few as the load on DNS allows`;
    throw new ValidationError("InvalidTimeToLive", message, stack);
  }
}
