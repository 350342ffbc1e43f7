import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { s3Operation } from "./s3-operation";

/** How a service words its requests and errors. */
export type Protocol = "rest-xml" | "query" | "json";

/** A request to AWS, named as the documentation of its service names it. */
export interface AwsRequest {
  readonly method: string;

  /** Path and query, exactly as sent. */
  readonly target: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;

  /** Service, as in the credential scope of a signature: `s3`, `secretsmanager`. */
  readonly service: string;

  /** `PutObject`, `GetSecretValue`; method and path where the service has no names on the wire. */
  readonly op: string;
  readonly protocol: Protocol;
}

/** Names a request. Unsigned requests are taken as S3's, the only service that allows them. */
export function identify(message: IncomingMessage, body: Buffer): AwsRequest {
  const { method = "GET", url: target = "/", headers } = message;
  const url = new URL(target, "http://stand-in");
  const service = signedService(headers.authorization ?? url.searchParams.get("X-Amz-Credential") ?? "") ?? "s3";
  const common = { method, target, url, headers, body, service };
  if (service === "s3") return { ...common, op: s3Operation(method, url, headers), protocol: "rest-xml" };
  const jsonTarget = headers["x-amz-target"];
  if (typeof jsonTarget === "string") return { ...common, op: jsonTarget.split(".").at(-1)!, protocol: "json" };
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    const action = new URLSearchParams(body.toString()).get("Action");
    return { ...common, op: action ?? `${method} ${url.pathname}`, protocol: "query" };
  }
  return { ...common, op: `${method} ${url.pathname}`, protocol: "json" };
}

/** The service in a credential scope: `KEY/20250101/us-east-1/s3/aws4_request`. */
function signedService(text: string): string | undefined {
  return /[^/\s=]+\/\d{8}\/[^/]*\/([^/]+)\/aws4_request/.exec(text)?.[1];
}
