import { z } from "zod";
import { SternaError } from "../../core/errors";
import { someOf } from "../../core/text";

/** Parts of a URL that separate variables can contain. */
export const URL_PARTS = ["username", "password", "hostname", "port", "database"] as const;
export type UrlPart = (typeof URL_PARTS)[number];

/** Values by part, decoded and not empty. Only `hostname` is always present. */
export type UrlParts = Readonly<Partial<Record<UrlPart, string>>> & { readonly hostname: string };

/**
 * RFC 3986, with a path of one segment and nothing after it. Not `URL`, which drops the default port of a scheme, so
 * that a part would be lost.
 */
const URL_WITH_PARTS =
  /^(?<protocol>[a-z][a-z0-9+.-]*):\/\/(?:(?<username>[^:@/?#]*)(?::(?<password>[^@/?#]*))?@)?(?<hostname>\[[0-9a-f:.]+\]|[^:/?#@[\]\s]+)(?::(?<port>\d+))?(?:\/(?<database>[^/?#]*))?$/i;

const HOST_NAME = /^[^:/?#@[\]\s%]+$/;
const IPV6_ADDRESS = /^[0-9a-f.]*:[0-9a-f:.]*$/i;

/** A URL from its parts, or undefined if a part is invalid: a port that is not a number, a host name with a slash. */
export function joinUrl(
  protocol: string,
  { username, password, hostname, port, database }: UrlParts,
): string | undefined {
  const host = IPV6_ADDRESS.test(hostname) ? `[${hostname}]` : hostname;
  if (!IPV6_ADDRESS.test(hostname) && !HOST_NAME.test(hostname)) return undefined;
  if (port !== undefined && !isPort(port)) return undefined;
  // Redis allows passwords without a user.
  const secret = password === undefined ? "" : `:${encodeURIComponent(password)}`;
  const login = `${encodeURIComponent(username ?? "")}${secret}`;
  const path = database === undefined ? "" : `/${encodeURIComponent(database)}`;
  return `${protocol}://${login === "" ? "" : `${login}@`}${host}${port === undefined ? "" : `:${port}`}${path}`;
}

/** The parts of a URL, or undefined if it has a different protocol or other parts, such as a query. */
export function splitUrl(protocol: string, url: string): UrlParts | undefined {
  const groups = URL_WITH_PARTS.exec(url)?.groups;
  if (groups === undefined || groups.protocol?.toLowerCase() !== protocol.toLowerCase()) return undefined;
  if (groups.port !== undefined && !isPort(groups.port)) return undefined;
  try {
    const parts = URL_PARTS.flatMap((part) => {
      const text = groups[part];
      return text === undefined || text === "" ? [] : [[part, decode(part, text)]];
    });
    return Object.fromEntries(parts) as UrlParts;
  } catch {
    // A stray percent sign.
    return undefined;
  }
}

function decode(part: UrlPart, text: string): string {
  if (part === "hostname") return text.replace(/^\[(.*)\]$/, "$1");
  return part === "port" ? text : decodeURIComponent(text);
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}

/** POSIX, "Environment Variable Definition", extended with lower case. */
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is no name of a variable");
const part = z.enum(URL_PARTS);

/** Names of variables by the part of a URL that they contain. */
const urlVariables = z.strictObject({
  protocol: z.string().regex(/^[a-z][a-z0-9+.-]*$/, "is no protocol, such as http"),
  parts: z.partialRecord(part, variable).refine(({ hostname }) => hostname !== undefined, "needs a hostname"),
});

const variableMap = z.strictObject({
  rename: z.record(variable, variable).default({}),
  join: z
    .record(variable, urlVariables.extend({ defaults: z.partialRecord(part, z.string()).default({}) }))
    .default({}),
  split: z.record(variable, urlVariables).default({}),
  set: z.record(variable, z.string()).default({}),
  remove: z.array(variable).default([]),
  required: z.array(variable).default([]),
});

/** How the variables of one dotenv file are mapped to another. Contains no secret. */
export type VariableMap = z.infer<typeof variableMap>;

/**
 * Parses a map, and checks that it is unambiguous: each name has one source and one destination.
 *
 * @param source name of the file, for messages
 * @throws SternaError `VariableMapInvalid`
 */
export function parseVariableMap(json: string, source: string): VariableMap {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    throw invalid(`${source} is not JSON; write {"rename": {"OLD": "NEW"}}`);
  }
  const parsed = variableMap.safeParse(document);
  if (!parsed.success) throw invalid(`${source} is no map of variables:\n${z.prettifyError(parsed.error)}`);
  assertOneToOne(parsed.data, source);
  return parsed.data;
}

function assertOneToOne({ rename, join, split, set, remove }: VariableMap, source: string): void {
  const targets = [
    ...Object.values(rename),
    ...Object.keys(join),
    ...Object.values(split).flatMap(({ parts }) => Object.values(parts)),
    ...Object.keys(set),
  ];
  // Two URLs may share a host: joins only read.
  const joined = new Set(Object.values(join).flatMap(({ parts }) => Object.values(parts)));
  const sources = [...Object.keys(rename), ...Object.keys(split), ...remove, ...joined];
  const problems: [string, string[]][] = [
    ["made more than once", repeated(targets)],
    ["used up more than once", repeated(sources)],
  ];
  const found = problems.filter(([, names]) => names.length > 0);
  if (found.length === 0) return;
  const list = found.map(([what, names]) => `${someOf(names)} would be ${what}`).join("; ");
  throw invalid(`${source} contradicts itself: ${list}. Each name comes from one place and goes to one`);
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function invalid(message: string): SternaError {
  return new SternaError("VariableMapInvalid", message);
}
