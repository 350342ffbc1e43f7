import { holdsKnownSecret, holdsPassword, isHarmless, isSecretName } from "../../core/secrets-in-text";
import {
  isExpression,
  type StackCheck,
  environmentVariables,
  type RenderedVariable,
  asList,
  asObject,
  type RenderedResource,
  type Finding,
  blocksOf,
  type RenderedStack,
} from "../rendered-stack";

/** Attributes of resources and data sources that are secrets in the open. */
const SECRET_ATTRIBUTE =
  /\.(result|bcrypt_hash|secret_string|secret_binary|secret_data|secret|password|master_password|private_key|private_key_pem|auth_token|token)\b/;

/** Attributes that say where a secret is. */
const REFERENCE = /^\$\{[^}]*\.(arn|id|name|secret_id|version_id|self_link)\}(:[\w:-]*)?$/;

/**
 * No secret stands in an environment variable: they are shown by the consoles of the clouds, and written to plans, states
 * and crash reports (OWASP Secrets Management Cheat Sheet, section 5.1).
 */
export const noPlainSecrets: StackCheck = ({ resources }) =>
  resources.flatMap((resource) =>
    environmentVariables(resource)
      .filter(holdsSecret)
      .map(({ name }) => ({
        code: "PlainSecretInEnvironment" as const,
        address: resource.address,
        path: resource.path,
        message: `the environment variable ${name} holds a secret in the open; refer to it (ECS: secrets, Cloud Run: value_source, Kubernetes: value_from), or give the program the name of the secret`,
      })),
  );

function holdsSecret({ name, value }: RenderedVariable): boolean {
  if (isHarmless(value)) return false;
  if (holdsPassword(value) || holdsKnownSecret(value)) return true;
  if (isExpression(value) && SECRET_ATTRIBUTE.test(value)) return true;
  return isSecretName(name) && !REFERENCE.test(value);
}

/** Attributes that list origins: S3, Lambda URLs, API Gateway, CloudFront, Cloud Storage. */
const ORIGIN_LISTS = new Set(["allowed_origins", "allow_origins", "access_control_allow_origins", "origin"]);

/** Attributes within which `origin` is one of CORS. */
const CORS_BLOCKS = /cors/;

/** Names of variables that list origins. */
const ORIGIN_VARIABLE = /CORS.*ORIGIN|ALLOWED_ORIGINS?$|^CORS$/;

const LOOPBACK = /^([a-z]+:\/\/)?(localhost|[\w.-]+\.localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1\]?)(:|\/|$)/i;

/** The origins that may call a service are written out, and none of them is this machine. */
export const corsExplicit: StackCheck = ({ resources }) =>
  resources.flatMap((resource) => [
    ...originsIn("", resource.attributes, isCorsResource(resource)).flatMap(({ place, origin }) =>
      judge(resource, place, origin),
    ),
    ...environmentVariables(resource)
      .filter(({ name }) => ORIGIN_VARIABLE.test(name))
      .flatMap(({ name, value }) => originsOf(value).flatMap((origin) => judge(resource, name, origin))),
  ]);

function judge({ address, path }: RenderedResource, place: string, origin: string): Finding[] {
  const problem = problemOf(origin);
  if (problem === undefined) return [];
  const message = `${place} allows the origin "${origin}", which is ${problem}; write each origin out, such as "https://app.example.org"`;
  return [{ code: "CorsNotExplicit", address, path, message }];
}

function problemOf(origin: string): string | undefined {
  if (origin === "") return "no origin";
  if (origin.includes("${")) return undefined;
  if (origin.includes("*")) return "a wildcard";
  if (LOOPBACK.test(origin)) return "this machine";
  if (/^http:/i.test(origin)) return "without TLS";
  return undefined;
}

// "a,b", "a b" and ["a", "b"] are all in use.
function originsOf(value: string): string[] {
  if (value.trim() === "") return [""];
  return value
    .replace(/^\[|\]$/g, "")
    .split(/[\s,]+/)
    .map((origin) => origin.replace(/^["']|["']$/g, ""))
    .filter((origin) => origin !== "");
}

function isCorsResource({ type }: RenderedResource): boolean {
  return CORS_BLOCKS.test(type);
}

function originsIn(key: string, value: unknown, inCors: boolean): { place: string; origin: string }[] {
  if (inCors && ORIGIN_LISTS.has(key)) {
    // CloudFront has a block with `items` there.
    const origins = asList(asObject(value).items ?? value);
    return origins.flatMap((origin) =>
      typeof origin === "string" ? [{ place: key, origin }] : originsIn(key, asObject(origin).items, true),
    );
  }
  if (Array.isArray(value)) return value.flatMap((item) => originsIn("", item, inCors));
  return Object.entries(asObject(value)).flatMap(([name, item]) =>
    originsIn(name, item, inCors || CORS_BLOCKS.test(name)),
  );
}

/** Policies without TLS 1.0 and 1.1 (AWS, "Security policies for your Application Load Balancer"). */
const MODERN_POLICY = /^ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)/;

type Judge = (resource: RenderedResource, stack: RenderedStack) => string | undefined;

/** What is wrong with a listener that the internet reaches, by the type of the resource. */
const JUDGES: Readonly<Record<string, Judge>> = {
  aws_lb_listener: judgeListener,
  aws_alb_listener: judgeListener,
  aws_elb: judgeClassic,
  aws_cloudfront_distribution: judgeDistribution,
  aws_apigatewayv2_domain_name: ({ attributes }) =>
    blocksOf(attributes.domain_name_configuration).some(({ security_policy: policy }) => isOld(policy))
      ? "its security_policy allows TLS 1.0; write TLS_1_2"
      : undefined,
  aws_api_gateway_domain_name: ({ attributes }) =>
    attributes.security_policy === undefined || isOld(attributes.security_policy)
      ? "its security_policy allows TLS 1.0; write TLS_1_2"
      : undefined,
  google_compute_target_http_proxy: judgeHttpProxy,
  google_compute_region_target_http_proxy: judgeHttpProxy,
  google_compute_ssl_policy: ({ attributes }) =>
    ["TLS_1_2", "TLS_1_3"].includes(String(attributes.min_tls_version))
      ? undefined
      : "its min_tls_version allows TLS 1.0; write TLS_1_2",
  kubernetes_ingress_v1: judgeIngress,
  kubernetes_ingress: judgeIngress,
};

/** Every listener that the internet reaches speaks TLS 1.2 or newer, or only redirects to one that does. */
export const tlsOnListeners: StackCheck = (stack) =>
  stack.resources.flatMap((resource): Finding[] => {
    const problem = JUDGES[resource.type]?.(resource, stack);
    if (problem === undefined) return [];
    return [{ code: "ListenerWithoutTls", address: resource.address, path: resource.path, message: problem }];
  });

function judgeListener({ attributes }: RenderedResource, stack: RenderedStack): string | undefined {
  // A balancer of another stack may be public.
  if (isTrue(stack.referredBy(attributes.load_balancer_arn)?.attributes.internal)) return undefined;
  const { protocol, ssl_policy: policy } = attributes;
  if (protocol === "HTTPS" || protocol === "TLS") {
    if (isExpression(policy) || MODERN_POLICY.test(String(policy))) return undefined;
    const got = policy === undefined ? "none, and the one that AWS takes then" : `"${String(policy)}", which`;
    return `its ssl_policy is ${got} allows TLS 1.0; write "ELBSecurityPolicy-TLS13-1-2-2021-06"`;
  }
  if (isExpression(protocol) || protocol === "GENEVE") return undefined;
  if (redirectsToHttps(attributes)) return undefined;
  return `it listens with ${String(protocol ?? "HTTP")}; write protocol "HTTPS" (or "TLS"), or a default_action that redirects to HTTPS`;
}

function redirectsToHttps(attributes: RenderedResource["attributes"]): boolean {
  const actions = blocksOf(attributes.default_action);
  return (
    actions.length > 0 &&
    actions.every(
      ({ type, redirect }) => type === "redirect" && blocksOf(redirect).every((to) => to.protocol === "HTTPS"),
    )
  );
}

function judgeClassic({ attributes }: RenderedResource): string | undefined {
  if (isTrue(attributes.internal)) return undefined;
  const open = blocksOf(attributes.listener).find(
    ({ lb_protocol: protocol }) =>
      !["https", "ssl"].includes(String(protocol).toLowerCase()) && !isExpression(protocol),
  );
  return open && `it listens with ${String(open.lb_protocol)}; write lb_protocol "https"`;
}

function judgeDistribution({ attributes }: RenderedResource): string | undefined {
  const behaviors = [...blocksOf(attributes.default_cache_behavior), ...blocksOf(attributes.ordered_cache_behavior)];
  if (behaviors.some(({ viewer_protocol_policy: policy }) => policy === "allow-all")) {
    return 'its viewer_protocol_policy is "allow-all"; write "redirect-to-https"';
  }
  const old = blocksOf(attributes.viewer_certificate).find(
    (certificate) =>
      !isTrue(certificate.cloudfront_default_certificate) &&
      !isExpression(certificate.minimum_protocol_version) &&
      !/^TLSv1\.[23]/.test(String(certificate.minimum_protocol_version)),
  );
  return old && 'its minimum_protocol_version allows TLS 1.0; write "TLSv1.2_2021"';
}

function judgeHttpProxy({ attributes }: RenderedResource, stack: RenderedStack): string | undefined {
  const redirect = blocksOf(stack.referredBy(attributes.url_map)?.attributes.default_url_redirect);
  if (redirect.length > 0 && redirect.every(({ https_redirect: https }) => isTrue(https))) return undefined;
  return "it listens with HTTP; use a target HTTPS proxy, or a URL map with default_url_redirect.https_redirect";
}

function judgeIngress({ attributes }: RenderedResource): string | undefined {
  const hasTls = blocksOf(attributes.spec).every(({ tls }) =>
    blocksOf(tls).some((block) => asObject(block).secret_name !== undefined),
  );
  return hasTls ? undefined : "it has no tls block with a secret_name";
}

function isOld(policy: unknown): boolean {
  return policy === "TLS_1_0";
}

function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}
