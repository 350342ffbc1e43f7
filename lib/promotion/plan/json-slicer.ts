import { SternaError } from "../../core/errors";
import { parsePlan } from "./plan-schema";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACE = 0x20;
/** `{` and `[`, or `}` and `]`, differ in one bit: with it set they are these. */
const OPENS = 0x7b;
const CLOSES = 0x7d;

/** Of the first member of an element. */
const LONGEST_NAME = 64;
const NOTHING = Buffer.alloc(0);
/** Stands for all names that no selection names. */
const UNWANTED = "";

/** Which values of a JSON document are wanted. What no selection names is skipped unread. */
export interface JsonSelection {
  /** Members of an object, by name. */
  readonly members?: Readonly<Record<string, JsonSelection>>;
  /** All elements of a list, or all members of an object. */
  readonly each?: JsonSelection;
  /** Receives the bytes of the value, and its name where it is a member; not beside `members` or `each`. */
  readonly take?: (json: Buffer, name: string) => void;
  /** Receives the value itself and its bytes: for the elements of long lists, which this finds soonest. */
  readonly takeParsed?: (value: unknown, json: Buffer) => void;
}

interface Container {
  readonly selection: JsonSelection;
  readonly isObject: boolean;
  expectsName: boolean;
  name: string;
}

type Span = "key" | "value";

/**
 * Finds values in the bytes of a JSON document, as they arrive, without making objects of the rest.
 *
 * Terraform's plans may be larger than the longest JavaScript string (512 MiB), and parsed as a whole they take ten
 * times their size in memory: https://github.com/nodejs/node/issues/35973
 */
export class JsonSlicer {
  private readonly open: Container[] = [];
  /** The span that is being passed: a key, a wanted value, or one that is skipped. */
  private span: Span | undefined;
  private spanSelection: JsonSelection | undefined;
  private spanDepth = 0;
  private spanInString = false;
  private spanIsScalar = false;
  /** Bytes of the span that came with earlier chunks. */
  private pieces: Buffer[] = [];
  /** Bytes at the start of the next chunk that an escape covers. */
  private covered = 0;
  private started = false;

  constructor(private readonly root: JsonSelection) {}

  /** Takes the next bytes of the document, for good: what is taken of them is not copied. */
  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.span === undefined ? this.step(chunk, at) : this.passSpan(chunk, at);
  }

  /** @throws SternaError `PlanUnreadable` when the document is not complete */
  end(): void {
    if (this.span !== undefined && this.spanIsScalar) this.finishSpan(NOTHING, 0, 0);
    if (!this.started || this.open.length > 0 || this.span !== undefined) {
      throw new SternaError("PlanUnreadable", "the JSON of the plan ends in the middle");
    }
  }

  /** Looks at one byte between values. */
  private step(chunk: Buffer, at: number): number {
    const byte = chunk[at]!;
    if (byte <= SPACE || byte === COLON) return at + 1;
    const container = this.open.at(-1);
    if (byte === COMMA) {
      if (container?.isObject) container.expectsName = true;
      return at + 1;
    }
    if ((byte | 0x20) === CLOSES) {
      if (this.open.pop() === undefined) throw unexpected(byte);
      return at + 1;
    }
    if (container?.expectsName) {
      if (byte !== QUOTE) throw unexpected(byte);
      const end = endOfPlainString(chunk, at);
      const name = end === undefined ? undefined : memberCalled(container.selection, chunk, at, end);
      if (name === undefined) return this.startSpan("key", undefined, byte, at);
      container.name = name;
      container.expectsName = false;
      return end!;
    }
    if (container === undefined && this.started) throw unexpected(byte);
    this.started = true;
    const selection = this.selectionOfValue(container);
    if (selection === undefined || (byte | 0x20) !== OPENS || !looksInside(selection)) {
      const parsedTo = selection?.takeParsed && parseBeforeSibling(chunk, at, selection.takeParsed);
      return parsedTo ?? this.startSpan("value", selection, byte, at);
    }
    const isObject = byte === OPENS;
    this.open.push({ selection, isObject, expectsName: isObject, name: "" });
    return at + 1;
  }

  private selectionOfValue(container: Container | undefined): JsonSelection | undefined {
    if (container === undefined) return this.root;
    const { members, each } = container.selection;
    if (container.isObject && members && Object.hasOwn(members, container.name)) return members[container.name];
    return each;
  }

  private startSpan(span: Span, selection: JsonSelection | undefined, byte: number, at: number): number {
    this.span = span;
    this.spanSelection = selection;
    this.spanDepth = 0;
    this.spanInString = false;
    this.spanIsScalar = byte !== QUOTE && (byte | 0x20) !== OPENS;
    return at;
  }

  /** Goes to the end of the span, or of the chunk. */
  private passSpan(chunk: Buffer, start: number): number {
    const end = this.spanIsScalar ? endOfScalar(chunk, start) : this.endOfNested(chunk, start);
    if (end === undefined) {
      if (this.isKept()) this.pieces.push(chunk.subarray(start));
      return chunk.length;
    }
    this.finishSpan(chunk, start, end);
    return end;
  }

  private endOfNested(chunk: Buffer, start: number): number | undefined {
    let depth = this.spanDepth;
    let inString = this.spanInString;
    let at = start + this.covered;
    const length = chunk.length;
    let byte = 0;
    while (at < length) {
      if (inString) {
        do byte = chunk[at++]!;
        while (byte !== QUOTE && byte !== BACKSLASH && at < length);
        if (byte === BACKSLASH) at++;
        else if (byte === QUOTE) {
          inString = false;
          if (depth === 0) break;
        }
        continue;
      }
      byte = chunk[at++]!;
      if (byte === QUOTE) inString = true;
      else if ((byte | 0x20) === OPENS) depth++;
      else if ((byte | 0x20) === CLOSES && --depth === 0) break;
    }
    const ended = depth === 0 && !inString && at <= length && at > start + this.covered;
    this.covered = Math.max(0, at - length);
    this.spanDepth = depth;
    this.spanInString = inString;
    return ended ? at : undefined;
  }

  private isKept(): boolean {
    const { take, takeParsed } = this.spanSelection ?? {};
    return this.span === "key" || take !== undefined || takeParsed !== undefined;
  }

  private finishSpan(chunk: Buffer, start: number, end: number): void {
    const { span, spanSelection, pieces } = this;
    const isKept = this.isKept();
    this.span = undefined;
    if (!isKept) return;
    const container = this.open.at(-1);
    if (span === "key") {
      container!.expectsName = false;
      container!.name = JSON.parse(this.textOf(chunk, start, end)) as string;
    } else if (spanSelection!.takeParsed !== undefined) {
      const json = join(pieces, chunk.subarray(start, end));
      spanSelection!.takeParsed(parsePlan(json.toString("utf8")), json);
    } else spanSelection!.take!(join(pieces, chunk.subarray(start, end)), container?.name ?? "");
    if (pieces.length > 0) this.pieces = [];
  }

  private textOf(chunk: Buffer, start: number, end: number): string {
    if (this.pieces.length === 0) return chunk.toString("utf8", start, end);
    return join(this.pieces, chunk.subarray(start, end)).toString("utf8");
  }
}

/**
 * Parses the element of a list that ends where, to all appearances, the next one begins: `},` and then what this one began
 * with. Whether it really ends there shows in that it can be parsed. Nothing is looked at byte by byte.
 *
 * @returns where it ends; nothing when that has to be found out otherwise
 */
function parseBeforeSibling(
  chunk: Buffer,
  start: number,
  take: NonNullable<JsonSelection["takeParsed"]>,
): number | undefined {
  const colon = chunk.indexOf(COLON, start);
  if (chunk[start] !== OPENS || colon < 0 || colon - start > LONGEST_NAME) return undefined;
  const sibling = chunk.indexOf(`},${chunk.toString("latin1", start, colon)}`, start, "latin1");
  if (sibling < 0) return undefined;
  const json = chunk.subarray(start, sibling + 1);
  let value: unknown;
  try {
    value = JSON.parse(json.toString("utf8"));
  } catch {
    return undefined;
  }
  take(value, json);
  return sibling + 1;
}

function looksInside({ members, each }: JsonSelection): boolean {
  return members !== undefined || each !== undefined;
}

function join(pieces: readonly Buffer[], last: Buffer): Buffer {
  return pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
}

/**
 * The name that a key spells; nothing when the key has to be parsed. Most names are among the few that are wanted, or
 * none of them: that much is known by their bytes, without making a string of each.
 */
function memberCalled({ members, each }: JsonSelection, chunk: Buffer, start: number, end: number): string | undefined {
  for (const name in members) if (spells(chunk, start, end, name)) return name;
  return each === undefined ? UNWANTED : undefined;
}

/** Where a string ends in which nothing is escaped; nothing when it does not end in the chunk. */
function endOfPlainString(chunk: Buffer, start: number): number | undefined {
  for (let at = start + 1; at < chunk.length; at++) {
    const byte = chunk[at]!;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) return undefined;
  }
  return undefined;
}

/** Whether a key, in its quotation marks, is these letters. */
function spells(chunk: Buffer, start: number, end: number, name: string): boolean {
  if (end - start !== name.length + 2) return false;
  for (let at = 0; at < name.length; at++) if (chunk[start + 1 + at] !== name.charCodeAt(at)) return false;
  return true;
}

function endOfScalar(chunk: Buffer, start: number): number | undefined {
  for (let at = start; at < chunk.length; at++) {
    const byte = chunk[at]!;
    if (byte <= SPACE || byte === COMMA || (byte | 0x20) === CLOSES) return at;
  }
  return undefined;
}

function unexpected(byte: number): SternaError {
  return new SternaError(
    "PlanUnreadable",
    `the plan is not JSON: ${JSON.stringify(String.fromCharCode(byte))} is not expected here`,
  );
}
