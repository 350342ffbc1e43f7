import {
  asList,
  asObject,
  blocksOf,
  refersTo,
  type RenderedResource,
  type RenderedStack,
  type StackCheck,
} from "../rendered-stack";

type OwnBackup = (resource: RenderedResource, stack: RenderedStack) => boolean;

const never: OwnBackup = () => false;
const retained =
  (attribute: string): OwnBackup =>
  ({ attributes }) =>
    Number(attributes[attribute]) > 0;

/** What keeps data, with how it backs itself up. */
const STATEFUL: Readonly<Record<string, OwnBackup>> = {
  aws_db_instance: retained("backup_retention_period"),
  // Aurora keeps one day where nothing is said (AWS, CreateDBCluster), which is no plan.
  aws_rds_cluster: retained("backup_retention_period"),
  aws_docdb_cluster: retained("backup_retention_period"),
  aws_neptune_cluster: retained("backup_retention_period"),
  aws_elasticache_cluster: (resource) =>
    resource.attributes.engine === "memcached" || retained("snapshot_retention_limit")(resource, NO_STACK),
  aws_elasticache_replication_group: retained("snapshot_retention_limit"),
  aws_memorydb_cluster: retained("snapshot_retention_limit"),
  aws_dynamodb_table: ({ attributes }) =>
    blocksOf(attributes.point_in_time_recovery).some(({ enabled }) => enabled === true),
  aws_efs_file_system: (resource, stack) =>
    stack
      .ofType("aws_efs_backup_policy")
      .some(
        ({ attributes }) =>
          refersTo(attributes.file_system_id, resource) &&
          blocksOf(attributes.backup_policy).some(({ status }) => status === "ENABLED"),
      ),
  aws_ebs_volume: never,
  aws_s3_bucket: (resource, stack) =>
    stack
      .ofType("aws_s3_bucket_versioning", "aws_s3_bucket_replication_configuration")
      .some(({ attributes }) => refersTo(attributes.bucket, resource)),
  google_sql_database_instance: ({ attributes }) =>
    blocksOf(attributes.settings).some(({ backup_configuration: backup }) =>
      blocksOf(backup).some(({ enabled }) => enabled === true),
    ),
  google_storage_bucket: ({ attributes }) =>
    blocksOf(attributes.versioning).some(({ enabled }) => enabled === true) ||
    blocksOf(attributes.soft_delete_policy).some(({ retention_duration_seconds: seconds }) => Number(seconds) > 0),
  google_filestore_instance: never,
};

const NO_STACK = undefined as never;

/** Every resource that keeps data is backed up: by a plan of AWS Backup, or by itself. */
export const statefulBackedUp: StackCheck = (stack) =>
  stack.resources.flatMap((resource) => {
    const ownBackup = STATEFUL[resource.type];
    if (ownBackup === undefined || ownBackup(resource, stack) || isSelected(resource, stack)) return [];
    const { address, path } = resource;
    const message =
      "it has no backup; select it in a BackupTimer (aws_backup_selection), or enable its own backups or versioning";
    return [{ code: "StatefulNotBackedUp" as const, address, path, message }];
  });

function isSelected(resource: RenderedResource, stack: RenderedStack): boolean {
  return stack.ofType("aws_backup_selection").some(({ attributes }) => {
    if (asList(attributes.not_resources).some((excluded) => refersTo(excluded, resource))) return false;
    const named = asList(attributes.resources);
    if (named.some((selected) => refersTo(selected, resource))) return true;
    const tags = blocksOf(attributes.selection_tag);
    // Without tags, "*" is everything that AWS Backup knows (AWS Backup, "Assigning resources").
    if (tags.length === 0) return named.includes("*");
    const own = asObject(resource.attributes.tags);
    return tags.some(({ type, key, value }) => type === "STRINGEQUALS" && own[String(key)] === value);
  });
}

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
      "it has no alarm with an action; add an aws_cloudwatch_metric_alarm (Google: google_monitoring_alert_policy) with its name in the dimensions";
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

/** Every step has a way back, or says why it has none. */
export const stepsReversible: StackCheck = (stack) =>
  stack
    .ofType("sterna_step")
    .filter((step) => !hasReason(step) && !isReversible(step))
    .map(({ address, path }) => ({
      code: "StepWithoutWayBack",
      address,
      path,
      message: "it has neither `down` nor `irreversible`; add one of them",
    }));

function hasReason({ attributes }: RenderedResource): boolean {
  return typeof attributes.irreversible === "string" && attributes.irreversible.trim() !== "";
}

/** A program that says what to do, `up`, says how that is undone. Other kinds know the way back, or change nothing. */
function isReversible({ attributes }: RenderedResource): boolean {
  const { kind, up, down } = programOf(attributes.program);
  return typeof kind === "string" && (up === undefined || (typeof down === "string" && down !== ""));
}

function programOf(json: unknown): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(String(json)));
  } catch {
    return {};
  }
}
