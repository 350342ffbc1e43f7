import { closeSync, openSync, writeSync } from "node:fs";

/** Every tenth resource is there already and changes, the others are made. */
const UPDATED = 10;

const UNSET = Object.fromEntries(
  [
    ...["allow_major_version_upgrade", "apply_immediately", "auto_minor_version_upgrade", "blue_green_update"],
    ...["character_set_name", "copy_tags_to_snapshot", "custom_iam_instance_profile", "customer_owned_ip_enabled"],
    ...["delete_automated_backups", "domain", "domain_auth_secret_arn", "domain_dns_ips", "domain_fqdn", "domain_ou"],
    ...["domain_iam_role_name", "final_snapshot_identifier", "iam_database_authentication_enabled", "iops"],
    ...["max_allocated_storage", "replicate_source_db", "restore_to_point_in_time", "s3_import", "snapshot_identifier"],
  ].map((name) => [name, null]),
);

/**
 * Writes what `terraform show -json` says about a plan with that many changes: every resource stands in
 * `planned_values`, in `resource_changes` and in `configuration`, as Terraform writes it.
 */
export function writePlan(file: string, changes: number): void {
  const descriptor = openSync(file, "w");
  const write = (text: string): void => void writeSync(descriptor, text);
  const list = (element: (index: number) => object): void => {
    for (let index = 0; index < changes; index++) write(`${index === 0 ? "" : ","}${JSON.stringify(element(index))}`);
  };
  try {
    write('{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{"root_module":{"resources":[');
    list((index) => ({ ...identity(index), values: allValues(index), sensitive_values: { master_password: true } }));
    write(']}},"resource_changes":[');
    list(resourceChange);
    write('],"output_changes":{"url":{"actions":["create"],"before":null,"after":"https://shop.example.org"}},');
    write('"prior_state":{"format_version":"1.0","values":{"root_module":{"resources":[]}}},');
    write('"configuration":{"root_module":{"resources":[');
    list((index) => ({ ...identity(index), expressions: expressions(index), schema_version: 2 }));
    write(']}},"applyable":true,"complete":true,"errored":false}');
  } finally {
    closeSync(descriptor);
  }
}

function identity(index: number) {
  const name = `shop_${index}`;
  return {
    address: `aws_db_instance.${name}`,
    mode: "managed",
    type: "aws_db_instance",
    name,
    provider_name: "registry.terraform.io/hashicorp/aws",
  };
}

function resourceChange(index: number): object {
  const isUpdate = index % UPDATED === 0;
  const after = allValues(index);
  return {
    ...identity(index),
    change: {
      actions: isUpdate ? ["update"] : ["create"],
      before: isUpdate ? { ...after, allocated_storage: 10, tags: { Name: "old" } } : null,
      after,
      after_unknown: isUpdate ? {} : { arn: true, endpoint: true, address: true, status: true, tags: {} },
      before_sensitive: isUpdate ? { master_password: true } : false,
      after_sensitive: { master_password: true, tags: {} },
    },
  };
}

function values(index: number): object {
  return {
    identifier: `shop-staging-${index}`,
    allocated_storage: 20 + (index % 7),
    engine: "postgres",
    engine_version: "15.8",
    instance_class: "db.t4g.medium",
    master_password: `correct horse battery staple ${index}`,
    multi_az: true,
    backup_retention_period: 28,
    backup_window: "02:00-03:00",
    deletion_protection: true,
    enabled_cloudwatch_logs_exports: ["postgresql", "upgrade"],
    vpc_security_group_ids: [`sg-${index}a`, `sg-${index}b`],
    performance_insights_enabled: null,
    policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: `arn:aws:s3:::shop-staging-${index}/*` },
        { Effect: "Allow", Principal: { AWS: "123456789012" }, Action: ["s3:GetObject"], Resource: "*" },
      ],
    }),
    tags: { Name: `shop-staging-${index}`, Team: "payments", Environment: "staging", "cost:center": "4711" },
    tags_all: { Name: `shop-staging-${index}`, Team: "payments", Environment: "staging", "cost:center": "4711" },
    timeouts: { create: "40m", update: null, delete: null },
  };
}

/** Terraform writes every attribute of a type; most of a database's are not set. */
function allValues(index: number): object {
  return { ...values(index), ...UNSET };
}

function expressions(index: number): object {
  return Object.fromEntries(Object.entries(values(index)).map(([name, value]) => [name, { constant_value: value }]));
}
