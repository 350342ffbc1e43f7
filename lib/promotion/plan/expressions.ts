import { canonicalJson } from "../../manifest/checksum";
import { type DeclaredDifferences, areEqual, entryOf, isSensitive, type Fingerprint } from "./fingerprint";

/**
 * What the configuration of a resource says, without saying it: for each attribute that is an expression, for each
 * meta-argument and block beside the attributes, and for each file that it names, the digest of it, and after a space
 * that without the declared differences, if it holds some.
 *
 * A digest with `~` before it is of a text that has the same value only if the environments read the same:
 * it shows that both say the same, and not that the same value comes out. `?` is a text that cannot be compared, and `=`
 * a secret that is written out, of which there is no digest.
 */
export type Expressions = Readonly<Record<string, string>>;

type Blocks = Readonly<Record<string, unknown>>;
type NamedBlocks = Readonly<Record<string, Blocks>>;

/** What is read of a `cdk.tf.json`. */
export interface StackConfiguration {
  readonly resource?: NamedBlocks | undefined;
  readonly data?: NamedBlocks | undefined;
  readonly ephemeral?: NamedBlocks | undefined;
  readonly action?: NamedBlocks | undefined;
  readonly module?: Blocks | undefined;
  readonly locals?: unknown;
  readonly variable?: Blocks | undefined;
  readonly provider?: Blocks | undefined;
  readonly removed?: unknown;
  readonly terraform?: unknown;
}

/** The content of a file or folder as it is, and without the declared differences. */
export interface FileContent {
  readonly raw: string;
  readonly rest: string;
}

/** The files that a configuration can name. Contents are compared, not paths. */
export interface ReferencedFiles {
  /** Nothing where no file of the project is called so. `isPath`: only then a folder is meant. */
  of(path: string, isPath: boolean): FileContent | undefined;
  /** Everything in the stack's folder that a program could read, by its name there. */
  all(): ReadonlyMap<string, FileContent>;
  /** The source of a module, with the modules in it. */
  module(name: string): FileContent | undefined;
  /** Terraform files beside `cdk.tf.json`, if there are some. `overrides`: those that change its blocks. */
  others(overrides: boolean): FileContent | undefined;
}

/** What else is known of a stack. */
export interface ConfigurationContext {
  /** @default - files cannot be read, so what names one cannot be compared */
  readonly files?: ReferencedFiles | undefined;
  /**
   * Values of the input variables in the plan; of sensitive ones too, which are left out of the digests.
   * @default - unknown, so what names one cannot be compared
   */
  readonly variables?: ReadonlyMap<string, unknown> | undefined;
}

/** Not what the resource is, but how Terraform treats it. */
const META = ["connection", "count", "depends_on", "for_each", "lifecycle", "provisioner"];
const NO_ATTRIBUTES = new Set([...META, "//", "provider", "dynamic"]);
/** What runs beside the provider, and what it takes to run it. */
const PROGRAMS = ["provisioner", "connection"];
const INCOMPARABLE = "?";
const WRITTEN_OUT = "=";
const FILE_KEY = 'file "';

/** `aws_s3_bucket.logs`, `aws_s3_bucket.logs["a"]`: a resource of the configuration itself, not of a module. */
const OWN_ADDRESS = /^(?:(action)\.)?([a-z][\w-]*)\.([\w-]+)(?:\[.*\])?(?: \(.*\))?$/s;
const DATA_ADDRESS = /^data\.([a-z][\w-]*)\.([\w-]+)(?:\[.*\])?$/s;
/** Sterna's own: each environment has another ledger. */
const LEDGER_DATA = "sterna_ledger";
const MODULE_ADDRESS = /^module\.([\w-]+)/;

const REFERENCE = /[$%]\{[^}]*\b[a-z][a-z\d]*_\w+\.[\w-]+/;
const TEMPLATE = /[$%]\{/;

/** References and functions whose value depends on the environment or the time. */
const ELSEWHERE =
  /\b(?:(?:data|ephemeral|local|module|path|self|terraform|var)\s*\.|each\s*\.\s*value\b|provider::)|\b(?:abspath|bcrypt|\w*file\w*|pathexpand|plantimestamp|timestamp|uuid)\s*\(/;
const DEFINED = /\b(local|var|module)\s*\.\s*([\w-]+)|\b(data|ephemeral)\s*\.\s*([\w-]+)\s*\.\s*([\w-]+)/g;
const READS_FILE = /\b(?:templatefile|file\w*)\s*\(/;
/** Names of arguments whose texts are paths: a folder counts there, also when its name is one word. */
const NAMES_PATH =
  /(?:^|_)(?:source|src|files?|filename|path|paths|dir|directory|folder|template|script|scripts)(?:_|$)/;
const WRITE_ONLY = /_wo$/;

/** The expressions of the resources of a stack, as it was synthesized for an environment. */
export class ConfiguredExpressions {
  constructor(
    private readonly configuration: StackConfiguration,
    private readonly differences: DeclaredDifferences,
    private readonly context: ConfigurationContext = {},
  ) {}

  /**
   * What is said of a resource; nothing of one that the configuration does not hold.
   *
   * @param fingerprint of the resource: it says which attributes are sensitive
   */
  of(address: string, fingerprint: Fingerprint = {}): Expressions | undefined {
    const [, kind, type = "", name = ""] = OWN_ADDRESS.exec(address) ?? [];
    const block = only((kind === "action" ? this.configuration.action : this.configuration.resource)?.[type]?.[name]);
    if (block === undefined) return this.ofOther(address);
    const overrides = this.context.files?.others(true);
    return {
      ...this.attributes(block, fingerprint),
      ...this.meta(block),
      ...this.provider(type, block.provider),
      ...this.named(block),
      ...(overrides === undefined ? {} : { configuration: entryOf(overrides.raw, overrides.rest) }),
    };
  }

  /** What is compared of a step: its place among the others, and its meta-arguments. */
  ofStep(address: string): Expressions | undefined {
    const [, , type = "", name = ""] = OWN_ADDRESS.exec(address) ?? [];
    const block = only(this.configuration.resource?.[type]?.[name]);
    if (block === undefined) return this.ofOther(address);
    // The provider's configuration names the ledger: each environment has its own.
    const provider: Expressions = block.provider === undefined ? {} : { provider: this.entry(block.provider) };
    const programs = Object.fromEntries(PROGRAMS.map((key) => [key, block[key]]));
    return { ...this.meta(block), ...provider, ...this.named(programs) };
  }

  /** What is said of a data source, with its arguments: it may run a program. Nothing for Sterna's own. */
  ofData(address: string): Expressions | undefined {
    const [, type = "", name = ""] = DATA_ADDRESS.exec(address) ?? [];
    if (type === LEDGER_DATA) return undefined;
    const block = only(this.configuration.data?.[type]?.[name]);
    if (block === undefined) return this.ofOther(address);
    const { "//": _, ...said } = block;
    return {
      configuration: this.context.files?.others(true) === undefined ? this.entry(said) : INCOMPARABLE,
      ...this.provider(type, block.provider),
      ...this.named(said),
    };
  }

  /** Addresses of the data sources of the configuration itself. */
  dataSources(): string[] {
    const types = Object.entries(this.configuration.data ?? {}).filter(([type]) => type !== LEDGER_DATA);
    return types.flatMap(([type, blocks]) => Object.keys(blocks).map((name) => `data.${type}.${name}`));
  }

  /** The provisioners of a resource, in the order of the configuration. */
  provisioners(address: string): { readonly type: string; readonly block: Blocks }[] {
    const [, , type = "", name = ""] = OWN_ADDRESS.exec(address) ?? [];
    const block = only(this.configuration.resource?.[type]?.[name]) ?? this.removed(address);
    return listOf(block?.provisioner).flatMap((each) =>
      Object.entries(each).flatMap(([kind, body]) => listOf(body).map((found) => ({ type: kind, block: found }))),
    );
  }

  private ofOther(address: string): Expressions | undefined {
    const removed = this.removed(address);
    if (removed !== undefined) return { ...this.meta(removed), ...this.named(removed) };
    const { files } = this.context;
    const [, module] = MODULE_ADDRESS.exec(address) ?? [];
    const call = module === undefined ? undefined : only(this.configuration.module?.[module]);
    const others = files?.others(false);
    const configuration: Expressions = others === undefined ? {} : { configuration: entryOf(others.raw, others.rest) };
    if (module === undefined || call === undefined) return others === undefined ? undefined : configuration;
    const source = files?.module(module);
    return {
      module: this.entry([call, this.configuration.provider ?? {}]),
      [`${FILE_KEY}module.${module}"`]: source === undefined ? INCOMPARABLE : entryOf(source.raw, source.rest),
      ...this.named(call),
      ...configuration,
    };
  }

  private removed(address: string): Blocks | undefined {
    return listOf(this.configuration.removed).find(
      ({ from }) => withoutTemplate(from) === address.replace(/\[.*$/s, ""),
    );
  }

  private attributes(block: Blocks, fingerprint: Fingerprint): Expressions {
    const sensitive = new Set(
      Object.entries(fingerprint).flatMap(([path, entry]) => (isSensitive(entry) ? [attributeOf(path)] : [])),
    );
    const expressions: Record<string, string> = {};
    const dynamic = listOf(block.dynamic).flatMap((each) => Object.entries(each));
    for (const [attribute, value] of [...Object.entries(block), ...dynamic]) {
      if (NO_ATTRIBUTES.has(attribute)) continue;
      const text = canonicalJson(value) ?? "null";
      const isSecret = sensitive.has(attribute) || WRITE_ONLY.test(attribute);
      const refers = REFERENCE.test(text) || matches(DEFINED, text);
      if (isSecret) expressions[attribute] = refers ? weak(this.forms(value)) : WRITTEN_OUT;
      else if (REFERENCE.test(text) && !ELSEWHERE.test(text)) expressions[attribute] = entryOf(...this.forms(value));
      else if (isTemplate(text)) expressions[attribute] = this.entry(value);
    }
    return expressions;
  }

  private meta(block: Blocks): Expressions {
    const present = META.filter((key) => block[key] !== undefined && block[key] !== null);
    return Object.fromEntries(
      present.map((key) => {
        const value = key === "depends_on" && Array.isArray(block[key]) ? [...block[key]].sort() : block[key];
        return [key, this.entry(value)];
      }),
    );
  }

  /** Which provider makes the resource, and how that is configured. */
  private provider(type: string, named: unknown): Expressions {
    const [local = "", alias] = (withoutTemplate(named) ?? type.split("_", 1)[0]!).split(".");
    const found = listOf(this.configuration.provider?.[local]).find((each) => each.alias === alias);
    const required = listOf((only(this.configuration.terraform) ?? {}).required_providers).map((each) => each[local]);
    if (named === undefined && found === undefined) return {};
    return { provider: this.entry([local, alias ?? "", found ?? {}, required]) };
  }

  /** Files that the block names. What it runs may read any file of the folder. */
  private named(block: Blocks): Expressions {
    const { files } = this.context;
    if (files === undefined) return {};
    const found = new Map<string, FileContent>();
    eachText(block, (text, key) => {
      for (const path of pathsIn(text)) {
        const content = files.of(path, path.includes("/") || NAMES_PATH.test(key));
        if (content !== undefined) found.set(this.differences.takeOut(path) ?? path, content);
      }
    });
    if (listOf(block.provisioner).length > 0) for (const [path, content] of files.all()) found.set(path, content);
    return Object.fromEntries(
      [...found].sort().map(([path, { raw, rest }]) => [`${FILE_KEY}${path}"`, entryOf(raw, rest)]),
    );
  }

  /** A text with all that it is made of: locals, variables, data sources, modules, files. */
  private entry(value: unknown): string {
    const definitions: Record<string, unknown> = {};
    return this.define(value, definitions) ? weak(this.forms([value, definitions])) : INCOMPARABLE;
  }

  /** @returns whether everything that the value names was found */
  private define(value: unknown, into: Record<string, unknown>): boolean {
    const text = canonicalJson(value) ?? "null";
    if (!isTemplate(text)) return true;
    let isFound = this.readsKnownFiles(value, text, into);
    for (const [, kind, name, group, type, label] of text.matchAll(DEFINED)) {
      const key = kind === undefined ? `${group}.${type}.${label}` : `${kind}.${name}`;
      if (Object.hasOwn(into, key)) continue;
      const found = this.definition(kind ?? group!, name ?? type!, label);
      into[key] = found;
      isFound = found !== undefined && this.define(found, into) && isFound;
    }
    return isFound;
  }

  private readsKnownFiles(value: unknown, text: string, into: Record<string, unknown>): boolean {
    if (!READS_FILE.test(text)) return true;
    let isRead = false;
    eachText(value, (each) => {
      for (const path of isTemplate(each) ? pathsIn(each) : []) {
        const content = this.context.files?.of(path, true);
        if (content === undefined) continue;
        isRead = true;
        into[`${FILE_KEY}${this.differences.takeOut(path) ?? path}"`] = content.rest;
      }
    });
    return isRead;
  }

  private definition(kind: string, name: string, label: string | undefined): unknown {
    const { configuration, context } = this;
    const elsewhere = context.files?.others(false)?.rest;
    switch (kind) {
      case "local":
        return listOf(configuration.locals).find((each) => Object.hasOwn(each, name))?.[name] ?? elsewhere;
      case "var": {
        const block = only(configuration.variable?.[name]);
        // Its value is a secret: what is said of it is all that can be compared.
        if (block?.sensitive === true) return block;
        return context.variables?.has(name) === true ? { value: context.variables.get(name) } : undefined;
      }
      case "module": {
        const call = only(configuration.module?.[name]);
        const source = context.files?.module(name);
        return call === undefined ? elsewhere : source && [call, source.rest];
      }
      default:
        return only((kind === "data" ? configuration.data : configuration.ephemeral)?.[name]?.[label!]) ?? elsewhere;
    }
  }

  private forms(value: unknown): [raw: string, rest: string] {
    return [canonicalJson(value) ?? "null", canonicalJson(this.withoutDifferences(value)) ?? "null"];
  }

  private withoutDifferences(value: unknown): unknown {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return this.differences.takeOut(value) ?? value;
    }
    if (Array.isArray(value)) return value.map((item) => this.withoutDifferences(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        this.differences.takeOut(name) ?? name,
        this.withoutDifferences(item),
      ]),
    );
  }
}

/** How two configurations stand to each other in one attribute. */
export type ExpressionMatch = "same value" | "same text" | "different" | "no expression";

/** Whether a value comes from the same expression in two environments. */
export function compareExpressions(
  path: string,
  here: Expressions | undefined,
  there: Expressions | undefined,
): ExpressionMatch {
  const attribute = attributeOf(path);
  const [one, other] = [here?.[attribute], there?.[attribute]];
  if (one === undefined && other === undefined) return "no expression";
  if (one === undefined || other === undefined || one === INCOMPARABLE || !areEqual(one, other)) return "different";
  return one.startsWith("~") || one === WRITTEN_OUT ? "same text" : "same value";
}

/** Meta-arguments, blocks and files in which two configurations of a resource differ. */
export function differingMeta(here: Expressions, there: Expressions, isCompared = isMeta): string[] {
  const keys = [...new Set([...Object.keys(here), ...Object.keys(there)])].filter(isCompared);
  return keys.filter((key) => {
    const [one, other] = [here[key], there[key]];
    return one === undefined || other === undefined || one === INCOMPARABLE || !areEqual(one, other);
  });
}

/** Attributes that a provider is given and that no plan shows. */
export function writeOnlyAttributes(...sides: readonly (Expressions | undefined)[]): string[] {
  return [...new Set(sides.flatMap((side) => Object.keys(side ?? {})))].filter((name) => WRITE_ONLY.test(name));
}

/** Whether a part of a configuration is no attribute of the resource. */
export function isMeta(key: string): boolean {
  return META.includes(key) || ["provider", "module", "configuration"].includes(key) || key.startsWith(FILE_KEY);
}

/** Whether a part of a configuration says what runs beside the provider. */
export function isProgram(key: string): boolean {
  return PROGRAMS.includes(key) || key.startsWith(FILE_KEY);
}

function attributeOf(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? "";
}

/** An entry that says only that the texts are equal. */
function weak([raw, rest]: [string, string]): string {
  return entryOf(raw, rest)
    .split(" ")
    .map((form) => `~${form}`)
    .join(" ");
}

function isTemplate(text: string): boolean {
  return TEMPLATE.test(text.replaceAll("$${", " ").replaceAll("%%{", " "));
}

function matches(pattern: RegExp, text: string): boolean {
  return text.search(pattern) >= 0;
}

/** The one block of a list, or the block itself. */
function only(value: unknown): Blocks | undefined {
  return listOf(value).length === 1 ? listOf(value)[0] : undefined;
}

function listOf(value: unknown): Blocks[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((each): each is Blocks => typeof each === "object" && each !== null && !Array.isArray(each));
}

function withoutTemplate(value: unknown): string | undefined {
  return typeof value === "string" ? value.replace(/^\$\{(.*)\}$/s, "$1") : undefined;
}

/** Visits every text, with the name of the member that holds it. */
function eachText(value: unknown, visit: (text: string, key: string) => void, key = ""): void {
  if (typeof value === "string") visit(value, key);
  else if (Array.isArray(value)) for (const item of value) eachText(item, visit, key);
  else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value)) if (name !== "//") eachText(item, visit, name);
  }
}

/** Words of a text that may be paths of files: `sh x.sh`, `${file("${path.module}/a.json")}`. */
function pathsIn(text: string): string[] {
  const words = text.replace(/\$\{\s*path\s*\.\s*(?:module|root|cwd)\s*\}/g, ".").split(/[\s"'`;|&<>(){}$=,\\]+/);
  return [...new Set([text, ...words])].filter((word) => word.length <= 1024 && /[\w]/.test(word));
}
