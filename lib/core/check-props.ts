import { Annotations } from "cdktf";
import type { IConstruct } from "constructs";
import { collect, projectLine, report } from "./errors";
import { nearest } from "./nearest";
import { PROPS_TABLE } from "./props-table";
import { isUnresolved } from "./tokens";

/**
 * What a property takes: `string`, `number`, `boolean`, `function`, `any`, or one of `["list", type]`, `["map", type]`,
 * `["one", …types]`, `["literal", value]`, `["is", class]`, `["props", interface]`.
 */
type PropType = string | readonly ["list" | "map", PropType] | readonly ["one", ...PropType[]] | Named;
type Named = readonly ["literal" | "is" | "props", string | number];
type Row = Readonly<Record<string, PropType>>;

/** Key of a row that accepts any further property. */
const OPEN = "...";

/**
 * Refuses missing and mistyped properties. TypeScript does not check them for users of JavaScript or `tsx`. Tokens pass
 * everywhere.
 *
 * @param construct the construct, or its scope if the construct does not exist yet
 * @param name of the interface, after its room if that is a cloud's: `google/TieredBucketProps`
 * @param options `isOpen` to allow properties that the interface does not have
 * @throws ValidationError `PropertyMissing`, `PropertyMistyped`, `PropertyUnknown`, with the line of the project
 */
export function checkProps(construct: IConstruct, name: string, props: unknown, { isOpen = false } = {}): void {
  const check = new PropsCheck(construct, isOpen);
  collect(construct, () => check.props(props, name, ""), { canGoOn: false });
}

const rows = new Map<string, Row>();

/** Whether the table has an interface. */
export function isKnownProps(name: string): boolean {
  return rowOf(name) !== undefined;
}

function rowOf(name: string): Row | undefined {
  if (rows.size === 0) {
    for (const line of PROPS_TABLE.split("\n")) {
      const end = line.indexOf(" ");
      rows.set(line.slice(0, end), JSON.parse(line.slice(end + 1)) as Row);
    }
  }
  return rows.get(name);
}

class PropsCheck {
  constructor(
    private readonly construct: IConstruct,
    private readonly isOpen: boolean,
  ) {}

  /** The line of the project. A call stack takes longer than all other checks, so only a mistake asks for it. */
  private get place(): string {
    const line = projectLine();
    return line === undefined ? "" : `, in ${line}`;
  }

  props(value: unknown, name: string, path: string): void {
    const row = rowOf(name);
    if (row === undefined || isUnresolved(value)) return;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      const what = path === "" ? "the properties are" : `${path} is`;
      return this.refuse("PropertyMistyped", `${what} ${written(value)}, and must be an object, ${unqualified(name)}`);
    }
    const given = value as Readonly<Record<string, unknown>>;
    const prefix = path === "" ? "" : `${path}.`;
    for (const [key, type] of Object.entries(row)) {
      if (key === OPEN) continue;
      const property = key.replace(/\?$/, "");
      if (given[property] !== undefined) this.value(given[property], type, `${prefix}${property}`);
      else if (property === key) {
        this.refuse("PropertyMissing", `${prefix}${property} is missing; it must be ${described(type)}`);
      }
    }
    if (!(OPEN in row) && !(this.isOpen && path === "")) this.unknown(given, row, name, prefix);
  }

  /** A name close to a missing one is a typo. Others may belong to another construct that shares the object. */
  private unknown(given: Readonly<Record<string, unknown>>, row: Row, name: string, prefix: string): void {
    const prototype: unknown = Object.getPrototypeOf(given);
    if (prototype !== Object.prototype && prototype !== null) return;
    const known = Object.keys(row).map((key) => key.replace(/\?$/, ""));
    const free = known.filter((property) => given[property] === undefined);
    for (const property of Object.keys(given).filter((key) => given[key] !== undefined && !known.includes(key))) {
      const meant = nearest(property, free);
      if (meant !== undefined && property.length >= SHORTEST_SLIP) {
        this.refuse("PropertyUnknown", `${unqualified(name)} has no ${prefix}${property}; did you mean "${meant}"?`);
      } else {
        Annotations.of(this.construct).addWarning(
          `${unqualified(name)} has no ${prefix}${property}, so it has no effect${this.place}`,
        );
      }
    }
  }

  private value(value: unknown, type: PropType, path: string): void {
    if (this.fits(value, type)) return;
    if (typeof type !== "string") {
      const options = (type[0] === "one" ? type.slice(1) : [type]) as readonly PropType[];
      const isObject = typeof value === "object" && value !== null;
      const inner = options.find(([kind]) => {
        return Array.isArray(value) ? kind === "list" : isObject && (kind === "map" || kind === "props");
      });
      const objects = options.filter(([kind]) => kind === "props").map(([, name]) => String(name));
      // Of several interfaces, the intended one is the one whose required properties are all set.
      const meant = objects.length > 1 ? objects.find((name) => isObject && hasRequired(value, name)) : objects[0];
      if (inner !== undefined && (inner[0] !== "props" || meant !== undefined) && typeof inner !== "string") {
        if (inner[0] === "props") return this.props(value, meant!, path);
        for (const [key, item] of Object.entries(value as object)) {
          if (item === undefined && inner[0] === "map") continue;
          const member = Array.isArray(value) ? `[${key}]` : `.${key}`;
          this.value(item, inner[1] as PropType, `${path}${member}`);
        }
        return;
      }
    }
    this.refuse("PropertyMistyped", `${path} is ${written(value)}, and must be ${described(type)}`);
  }

  /** Whether the value needs no message. Objects with properties are checked one property at a time. */
  private fits(value: unknown, type: PropType): boolean {
    if (type === "any" || isUnresolved(value)) return true;
    if (typeof type === "string") return typeof value === type;
    const [kind] = type;
    if (kind === "one") return type.slice(1).some((option) => this.fits(value, option as PropType));
    if (kind === "literal") return value === type[1];
    if (kind === "is") return isInstance(value, String(type[1]));
    if (kind === "list") return Array.isArray(value) && value.every((item) => this.fits(item, type[1] as PropType));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    if (kind === "props") return false;
    return Object.values(value).every((item) => item === undefined || this.fits(item, type[1] as PropType));
  }

  private refuse(code: "PropertyMissing" | "PropertyMistyped" | "PropertyUnknown", message: string): void {
    report(this.construct, code, `${message}${this.place}`);
  }
}

function hasRequired(value: object, name: string): boolean {
  const given = value as Readonly<Record<string, unknown>>;
  const required = Object.entries(rowOf(name) ?? {}).filter(([key]) => key !== OPEN && !key.endsWith("?"));
  // A literal, such as the kind of a part, tells interfaces with the same properties apart.
  return required.every(([key, type]) => (type[0] === "literal" ? given[key] === type[1] : given[key] !== undefined));
}

/** Compares class names, since two copies of the package have two classes of the same name. */
function isInstance(value: unknown, name: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  for (let one: unknown = Object.getPrototypeOf(value); one !== null; one = Object.getPrototypeOf(one)) {
    if ((one as { constructor?: { name?: string } }).constructor?.name === name) return true;
  }
  return false;
}

function described(type: PropType): string {
  if (typeof type === "string") return type === "any" ? "given" : `a ${type}`;
  const [kind, inner] = type;
  if (kind === "one")
    return type
      .slice(1)
      .map((option) => described(option as PropType))
      .join(" or ");
  if (kind === "literal") return JSON.stringify(inner);
  if (kind === "is") return EXAMPLES[String(inner)] ?? `a ${inner}`;
  if (kind === "props") return `an object, ${unqualified(String(inner))}`;
  return `${kind === "list" ? "a list, each" : "an object, each value"} ${described(inner as PropType)}`;
}

/** Examples for the classes that are easily forgotten. */
const EXAMPLES: Readonly<Record<string, string>> = {
  Duration: "a Duration, such as Duration.days(30)",
  Schedule: 'a Schedule, such as Schedule.cron("0 2 * * *")',
  Size: "a Size, such as Size.gibibytes(1)",
  Tier: "a Tier, such as Tier.archive",
};

/** `TieredBucketProps` of `google/TieredBucketProps`. */
function unqualified(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

const LONGEST = 60;
/** Short names are similar without being typos: `file` and `title`. */
const SHORTEST_SLIP = 5;

function written(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const { name } = (value as { constructor?: { name?: string } }).constructor ?? {};
    return name === undefined || name === "Object" ? "an object" : `a ${name}`;
  }
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
