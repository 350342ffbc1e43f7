import type { Construct } from "constructs";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/validation-error";
import { requireImages, requirePorts } from "./blue-green-service-validation";
import { naming, requireNoPasswords } from "./environment-variables";
import type { GoogleBlueGreenServiceProps } from "./google-blue-green-service-props";
import { defaultMemory, revisionName } from "./google-revision";
import { secretVersion } from "./secret-version";

/** With `-run` 6 to 30 characters, as the identifier of a service account. */
const SERVICE_NAME = /^[a-z][a-z0-9-]{0,24}[a-z0-9]$/;
const LONGEST_REVISION_NAME = 63;
/**
 * Memory that Cloud Run offers for its vCPUs, MiB: lowest, highest. The least of the second generation goes for all.
 * Source: Cloud Run documentation, "Configure memory limits for services" and "Configure CPU limits for services".
 */
const MEMORY: Readonly<Record<number, readonly [number, number]>> = {
  1: [512, 4096],
  2: [512, 8192],
  4: [2048, 16384],
  6: [4096, 24576],
  8: [4096, 32768],
};
/** Source: Cloud Run documentation, "Container runtime contract", "Environment variables". */
const SET_BY_CLOUD_RUN = ["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"];
const SECRET_VERSION = /^(latest|[1-9]\d*)$/;
/** Source: IAM documentation, "Principal identifiers". */
const MEMBER = /^(allUsers|allAuthenticatedUsers|(user|serviceAccount|group|domain|principal|principalSet):\S+)$/;

/** @throws ValidationError as the "Validations" of `docs/constructs/blue-green.md` say */
export function validateGoogleBlueGreenService(props: GoogleBlueGreenServiceProps, construct: Construct): void {
  requireName(props, construct);
  requireImages(props, construct);
  requirePorts({ containerPort: props.containerPort }, construct);
  requireInstances(props, construct);
  requireProbeTimes(props, construct);
  requireVariables(props, construct);
  requireInvokers(props, construct);
  if (props.vpcEgress === undefined || props.subnetwork !== undefined) return;
  const message = `\`vpcEgress\` is "${props.vpcEgress}", and no \`subnetwork\` is named that anything could go through; name one, or leave it out`;
  throw new ValidationError("EgressWithoutSubnetwork", message, construct);
}

function requireName({ serviceName, rollout }: GoogleBlueGreenServiceProps, construct: Construct): void {
  if (isUnresolved(serviceName)) return;
  if (!SERVICE_NAME.test(serviceName)) {
    const message = `a service on Cloud Run cannot be called "${serviceName}": use 2 to 26 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen`;
    throw new ValidationError("InvalidServiceName", message, construct);
  }
  for (const colour of rollout.colours) {
    const name = revisionName(serviceName, colour, rollout);
    if (name.length <= LONGEST_REVISION_NAME) continue;
    const message = `the revision "${name}" has a name of ${name.length} characters, and Cloud Run takes ${LONGEST_REVISION_NAME}; shorten the name of the service or of the release`;
    throw new ValidationError("RevisionNameTooLong", message, construct);
  }
}

function requireInstances(props: GoogleBlueGreenServiceProps, construct: Construct): void {
  const { minInstances = 1, maxInstances = 10, cpu = 1, memory = defaultMemory(cpu) } = props;
  const known = [minInstances, maxInstances].every((count) => !isUnresolved(count));
  const whole = [minInstances, maxInstances].every(Number.isInteger);
  if (known && (!whole || minInstances < 0 || maxInstances < 1 || maxInstances < minInstances)) {
    const message = `each colour has ${minInstances} to ${maxInstances} instances; write whole numbers, \`minInstances\` at least 0, \`maxInstances\` at least 1 and not below \`minInstances\``;
    throw new ValidationError("InvalidTaskCount", message, construct);
  }
  const mebibytes = memory.toMebibytes({ integral: false });
  const [lowest, highest] = MEMORY[cpu]!;
  if (Number.isInteger(mebibytes) && mebibytes >= lowest && mebibytes <= highest) return;
  const message = `Cloud Run does not offer ${memory} of memory for ${cpu} vCPU; it offers ${lowest} to ${highest} whole MiB`;
  throw new ValidationError("InvalidCloudRunSize", message, construct);
}

/** Source: Cloud Run documentation, "Configure container health checks for services". */
function requireProbeTimes(props: GoogleBlueGreenServiceProps, construct: Construct): void {
  const limits = { healthCheckInterval: 3600, startupTimeout: 240 } as const;
  for (const [name, longest] of Object.entries(limits)) {
    const time = props[name as keyof typeof limits];
    const seconds = time?.toSeconds({ integral: false });
    if (seconds === undefined || (Number.isInteger(seconds) && seconds >= 1 && seconds <= longest)) continue;
    const message = `\`${name}\` is ${time}; Cloud Run takes 1 to ${longest} whole seconds`;
    throw new ValidationError("InvalidProbeTime", message, construct);
  }
}

function requireVariables({ environment = {}, secrets = {} }: GoogleBlueGreenServiceProps, construct: Construct): void {
  const refuse = (message: string): never => {
    throw new ValidationError("InvalidEnvironmentVariable", message, construct);
  };
  for (const name of [...Object.keys(environment), ...Object.keys(secrets)]) {
    if (SET_BY_CLOUD_RUN.includes(name)) refuse(`Cloud Run sets ${name} itself; leave it out, or use another name`);
    if (name === "COLOUR") refuse("COLOUR tells a container its colour; use another name");
  }
  requireNoPasswords(environment, 'SecretReference.google("projects/…/secrets/…")', construct);
  for (const [name, reference] of Object.entries(secrets)) {
    const { secret, version } = naming(name, construct, () => secretVersion(reference));
    if (isUnresolved(version) || SECRET_VERSION.test(version)) continue;
    refuse(`${name} is version "${version}" of the secret "${secret}"; write its number, or "latest"`);
  }
  const twice = Object.keys(environment).find((name) => Object.hasOwn(secrets, name));
  if (twice !== undefined) refuse(`${twice} stands in \`environment\` and in \`secrets\`; keep one of them`);
}

function requireInvokers({ invokers = {} }: GoogleBlueGreenServiceProps, construct: Construct): void {
  for (const [name, member] of Object.entries(invokers)) {
    if (isUnresolved(member) || MEMBER.test(member)) continue;
    const message = `the invoker \`${name}\` is "${member}", which is no member; write "serviceAccount:<e-mail>", "user:<e-mail>", "group:<e-mail>", "domain:<domain>" or "allUsers"`;
    throw new ValidationError("InvalidInvoker", message, construct);
  }
}
