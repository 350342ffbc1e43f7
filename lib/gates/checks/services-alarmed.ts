import { asList, refersTo, type RenderedResource } from "../rendered-stack";
import type { StackCheck } from "../stack-check";

/** What answers requests day and night. Functions that are called by events are none. */
const SERVICES = [
  "aws_apprunner_service",
  "aws_ecs_service",
  "google_cloud_run_service",
  "google_cloud_run_v2_service",
];

const ALARMS = ["aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm", "google_monitoring_alert_policy"];

/** Every service has an alarm that somebody hears: on itself, or on a target group that it registers with. */
export const servicesAlarmed: StackCheck = (stack) => {
  const alarms = stack.ofType(...ALARMS).filter(isHeard);
  const groups = stack.ofType("aws_lb_target_group", "aws_alb_target_group");
  return stack.ofType(...SERVICES).flatMap((service) => {
    const own = groups.filter((group) => refersTo(service.attributes, group));
    if (alarms.some((alarm) => isAbout(alarm, service) || own.some((group) => isAbout(alarm, group)))) return [];
    const { address, path } = service;
    const message =
      "no alarm with an action is about it; add an aws_cloudwatch_metric_alarm (Google: google_monitoring_alert_policy) whose dimensions name it";
    return [{ code: "ServiceNotAlarmed" as const, address, path, message }];
  });
};

function isHeard({ attributes }: RenderedResource): boolean {
  if (attributes.actions_enabled === false || attributes.enabled === false) return false;
  return [...asList(attributes.alarm_actions), ...asList(attributes.notification_channels)].length > 0;
}

function isAbout({ attributes }: RenderedResource, resource: RenderedResource): boolean {
  if (refersTo(attributes, resource)) return true;
  const { name } = resource.attributes;
  if (typeof name !== "string") return false;
  const { dimensions, metric_query: queries, conditions } = attributes;
  // A dimension is the name; a filter of Google holds it between quotes.
  return textsIn([dimensions, queries, conditions]).some((text) => text === name || text.includes(`"${name}"`));
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
