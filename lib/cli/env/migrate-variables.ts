import { mapVariables } from "../../steps/env-file/map-variables";
import { EngineError } from "../../engine/engine-error";
import { joinUrl, splitUrl, URL_PARTS, type UrlPart, type UrlParts, type VariableMap } from "./variable-map";

/** The change of some variables, by name: never a value. */
export interface VariableChange {
  readonly action: "keep" | "rename" | "join" | "split" | "set" | "remove";
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export interface MigratedVariables {
  readonly variables: ReadonlyMap<string, string>;
  readonly changes: readonly VariableChange[];

  /** Names in the map that the file does not have, not even under their new names. */
  readonly absent: readonly string[];
}

type Variables = ReadonlyMap<string, string>;
type PartNames = VariableMap["split"][string]["parts"];

/** The result of a join or split, and its source variables. */
interface Computed extends VariableChange {
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Applies a map to variables. Variables that are not in the map are kept. A file that is already migrated does not
 * change.
 *
 * @throws EngineError `VariablesInvalid`, with names and never a value, for what `mapVariables` refuses, for two values
 * of one name, and for URLs that cannot be joined or split without losing something
 */
export function migrateVariables(source: Variables, map: VariableMap): MigratedVariables {
  const computed = [...joins(source, map), ...splits(source, map)];
  const used = new Set(computed.flatMap(({ from }) => from));
  assertNoConflict(source, computed, used);
  const rest = new Map([...source].filter(([name]) => !used.has(name)));
  const set = Object.assign({}, map.set, ...computed.map(({ values }) => values)) as Record<string, string>;
  const { rename, remove, required } = map;
  return {
    variables: mapVariables(rest, { rename, remove, required, set }),
    changes: changesOf(source, map, computed, used),
    absent: absentOf(source, map),
  };
}

function joins(source: Variables, { join }: VariableMap): Computed[] {
  return Object.entries(join).flatMap(([target, { protocol, parts, defaults }]) => {
    const from = Object.values(parts).filter((name) => source.has(name));
    if (from.length === 0) return [];
    const values = URL_PARTS.flatMap((part) => {
      const value = (parts[part] && source.get(parts[part])) || defaults[part];
      return value === undefined ? [] : [[part, value]];
    });
    const { hostname, ...others } = Object.fromEntries(values) as Partial<UrlParts>;
    if (hostname === undefined) {
      throw refusal(`${target} cannot be joined: ${parts.hostname} is missing or empty; set it, or give it a default`);
    }
    const url = joinUrl(protocol, { hostname, ...others });
    if (url === undefined) {
      throw refusal(
        `${target} cannot be joined: a URL cannot hold what stands in ${from.join(", ")}: a host name without colons and slashes, a port from 1 to 65535`,
      );
    }
    return [{ action: "join", from, to: [target], values: { [target]: url } }];
  });
}

function splits(source: Variables, { split }: VariableMap): Computed[] {
  return Object.entries(split).flatMap(([name, { protocol, parts }]) => {
    const url = source.get(name);
    if (url === undefined) return [];
    const found = splitUrl(protocol, url);
    if (found === undefined) {
      throw refusal(
        `${name} cannot be split: it is no ${protocol}://user:password@host:port/database without a query, and something of it would get lost`,
      );
    }
    const lost = URL_PARTS.filter((part) => found[part] !== undefined && parts[part] === undefined);
    if (lost.length > 0) throw refusal(`${name} has a ${lost.join(" and a ")}, for which the map names no variable`);
    const values = valuesByName(parts, found);
    return [{ action: "split", from: [name], to: Object.keys(values), values }];
  });
}

function valuesByName(parts: PartNames, found: UrlParts): Record<string, string> {
  const pairs = (Object.entries(parts) as [UrlPart, string][]).flatMap(([part, name]) => {
    const value = found[part];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(pairs) as Record<string, string>;
}

/** A computed value never replaces a different one. */
function assertNoConflict(source: Variables, computed: readonly Computed[], used: ReadonlySet<string>): void {
  const values = computed.flatMap(({ values }) => Object.entries(values));
  const taken = values.filter(([name, value]) => source.has(name) && !used.has(name) && source.get(name) !== value);
  if (taken.length === 0) return;
  const names = taken.map(([name]) => name).join(", ");
  throw refusal(`${names}: there already, with another value than what the map makes of it; remove one of the two`);
}

function changesOf(
  source: Variables,
  { rename, set, remove }: VariableMap,
  computed: readonly Computed[],
  used: ReadonlySet<string>,
): VariableChange[] {
  const made = new Set(computed.flatMap(({ to }) => to));
  const names = [...source.keys()].filter((name) => !used.has(name));
  const simple = names.flatMap((name): VariableChange[] => {
    if (Object.hasOwn(rename, name)) return [{ action: "rename", from: [name], to: [rename[name] as string] }];
    if (remove.includes(name)) return [{ action: "remove", from: [name], to: [] }];
    return Object.hasOwn(set, name) || made.has(name) ? [] : [{ action: "keep", from: [name], to: [name] }];
  });
  const changed = Object.entries(set).filter(([name, value]) => source.get(name) !== value);
  return [
    ...simple,
    ...computed.map(({ action, from, to }) => ({ action, from, to })),
    ...changed.map(([name]): VariableChange => ({ action: "set", from: [], to: [name] })),
  ];
}

function absentOf(source: Variables, { rename, join, split, remove }: VariableMap): string[] {
  const renamed = Object.entries(rename).filter(([from, to]) => !source.has(from) && !source.has(to));
  const joined = Object.entries(join).flatMap(([target, { parts, defaults }]) => {
    if (source.has(target)) return [];
    const names = Object.entries(parts).filter(([part]) => defaults[part as UrlPart] === undefined);
    return names.map(([, name]) => name).filter((name) => !source.has(name));
  });
  const splitted = Object.entries(split).filter(
    ([name, { parts }]) => !source.has(name) && !source.has(parts.hostname as string),
  );
  return [
    ...renamed.map(([from]) => from),
    ...new Set(joined),
    ...splitted.map(([name]) => name),
    ...remove.filter((name) => !source.has(name)),
  ];
}

function refusal(message: string): EngineError {
  return new EngineError("VariablesInvalid", message);
}
