import { z } from "zod";
import { SternaError } from "../../core/sterna-error";
import { someOf } from "../../engine/some-of";
import { URL_PARTS } from "./url-parts";

/** POSIX, "Environment Variable Definition", with lower case. */
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is no name of a variable");
const part = z.enum(URL_PARTS);

/** Names of variables by the part of a URL that they hold. */
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

/** How the variables of one dotenv file become those of another. Holds no secret. */
export type VariableMap = z.infer<typeof variableMap>;

/**
 * Reads a map, and checks that it says one thing about each variable: a name comes from one place, and goes to one.
 *
 * @param source names the file in messages
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
