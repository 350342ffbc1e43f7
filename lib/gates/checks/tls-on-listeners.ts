import { asObject, blocksOf, isExpression, type RenderedResource, type RenderedStack } from "../rendered-stack";
import type { Finding, StackCheck } from "../stack-check";

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
  const behaviours = [...blocksOf(attributes.default_cache_behavior), ...blocksOf(attributes.ordered_cache_behavior)];
  if (behaviours.some(({ viewer_protocol_policy: policy }) => policy === "allow-all")) {
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
