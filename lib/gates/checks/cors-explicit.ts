import { asList, asObject, type RenderedResource } from "../rendered-stack";
import type { Finding, StackCheck } from "../stack-check";
import { environmentVariables } from "./environment-variables";

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
