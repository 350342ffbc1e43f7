import type { IConstruct } from "constructs";
import { writeFileSync } from "node:fs";
import { dirname, relative, sep } from "node:path";
import type { ErrorCode } from "./error-codes";
import { explainForeignError } from "./foreign-errors";

/**
 * A mistake that the person in front of the screen can mend: wrong input, a missing tool, a refused promotion.
 *
 * Everything that is thrown on purpose is a `SternaError`; anything else is a defect of Sterna. The message says
 * what is wrong, the value got, what is allowed, and what to write instead.
 */
export class SternaError extends Error {
  override readonly name: string = "SternaError";

  /**
   * @param code stable name of the mistake, listed in `docs/errors.md`
   * @param message what is wrong and what to do about it
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** One mistake in the construct tree. */
export interface Problem {
  /** Stable name of the mistake, listed in `docs/errors.md`. */
  readonly code: ErrorCode;

  /** What is wrong, the value got, what is allowed, what to write; ends with the path of the construct. */
  readonly message: string;

  /** Path of the construct that holds the mistake; absent for a value object outside of constructs. */
  readonly constructPath?: string;

  /** Line of the project that made the construct, such as `main.ts:12:3`; absent where the stack does not show it. */
  readonly location?: string;
}

/** Mistakes in the construct tree. The message of each ends with the path of the construct that holds it. */
export class ValidationError extends SternaError {
  /**
   * Runs `work` on behalf of a construct: a `SternaError` of a value object gets the construct's path.
   *
   * @throws ValidationError with the code of the `SternaError`
   */
  static locate<Result>(construct: IConstruct, work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof SternaError) || error instanceof ValidationError) throw error;
      throw new ValidationError(error.code, error.message, construct);
    }
  }

  /** One error for several mistakes: it has the code and the path of the first. */
  static ofProblems(problems: readonly Problem[], construct: IConstruct): ValidationError {
    const [first] = problems;
    const error = new ValidationError(first!.code, "", construct);
    const lines = problems.map(({ code, message, location }) =>
      `${code}: ${message}${location === undefined ? "" : ` (${location})`}`.replaceAll("\n", "\n    "),
    );
    error.message =
      problems.length === 1
        ? first!.message
        : `${problems.length} mistakes:\n${lines.map((line, index) => `  ${index + 1}. ${line}`).join("\n")}`;
    return Object.assign(error, { problems, constructPath: first!.constructPath ?? "" });
  }

  override readonly name = "ValidationError";

  /** Path of the construct in the tree, such as `app-ef-staging/beta-to-v1/create-schema`. */
  readonly constructPath: string;

  /** All mistakes that were found, this one first. */
  readonly problems: readonly Problem[];

  /**
   * @param code stable name of the mistake, listed in `docs/errors.md`
   * @param message what is wrong, the value got, what is allowed, what to write
   * @param construct the construct that holds the mistake
   */
  constructor(code: ErrorCode, message: string, construct: IConstruct) {
    super(code, `${message} [at ${construct.node.path}]`);
    this.constructPath = construct.node.path;
    const location = projectLine();
    const problem = { code, message: this.message, constructPath: this.constructPath };
    this.problems = [location === undefined ? problem : { ...problem, location }];
  }
}

/** Sterna's own code, in the sources and in the package. */
const LIBRARY = dirname(__dirname) + sep;
const DEEP_STACK = 100;

/** The line of the project that is being executed: the innermost one that is neither Sterna's nor a package's. */
export function projectLine(): string | undefined {
  return withDeepStacks(() => projectLineIn(new Error().stack));
}

function withDeepStacks<Result>(work: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = DEEP_STACK;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The innermost line of the project in a stack trace. */
function projectLineIn(stack = ""): string | undefined {
  for (const line of stack.split("\n").slice(1)) {
    const place = /\(?(?:file:\/\/)?((?:\/|[A-Za-z]:[\\/])[^()]*:\d+:\d+)\)?$/.exec(line)?.[1];
    if (place === undefined || place.startsWith(LIBRARY) || /[\\/]node_modules[\\/]/.test(place)) continue;
    const near = relative(process.cwd(), place);
    return near.startsWith("..") ? place : near;
  }
  return undefined;
}

/** What an error that stopped an app tells: its mistakes, each with the line of the project where one is known. */
export function problemsIn(error: unknown): readonly Problem[] {
  if (error instanceof ValidationError) return error.problems;
  if (!(error instanceof Error)) return [];
  const own: Problem = { code: error instanceof SternaError ? error.code : "AppFailed", message: error.message };
  const location = projectLineIn(error.stack);
  const problem = (own.code === "AppFailed" && explainForeignError(error.message)) || own;
  return [location === undefined ? problem : { ...problem, location }];
}

/** Mistakes of the constructs that are being checked, and of those that went on in spite of them, by root. */
const checked = new WeakMap<IConstruct, Problem[]>();
const deferred = new WeakMap<IConstruct, Problem[]>();

/**
 * Checks a construct, and goes on after a mistake to find the others: all of them are thrown together.
 *
 * Where `sterna` runs the app, a construct whose check ran through is made in spite of its mistakes, and the synthesis
 * throws those of all constructs together.
 *
 * @param check calls `report` for each mistake; a `SternaError` that it throws is its last one
 * @param options `canGoOn: false` when the construct cannot be made with the mistakes
 * @throws ValidationError with all mistakes in `problems`
 */
export function collect<Result>(construct: IConstruct, check: () => Result, { canGoOn = true } = {}): Result {
  const outer = checked.get(construct);
  if (outer !== undefined) return check();
  const problems: Problem[] = [];
  checked.set(construct, problems);
  let result: Result;
  try {
    result = check();
  } catch (error) {
    // A crash that follows a mistake is none of its own.
    if (!(error instanceof SternaError)) throw problems.length > 0 ? thrownTogether(construct, problems) : error;
    if (problems.length === 0) throw ValidationError.locate(construct, () => rethrow(error));
    throw thrownTogether(construct, [...problems, ...problemsOf(error, construct)]);
  } finally {
    checked.delete(construct);
  }
  if (problems.length === 0) return result;
  if (!canGoOn || !process.env[PROBLEMS_FILE]) throw thrownTogether(construct, problems);
  defer(construct, problems);
  return result;
}

/**
 * Notes a mistake of a construct that `collect` checks. Outside of `collect` it is thrown at once.
 *
 * @param code stable name of the mistake, listed in `docs/errors.md`
 * @param message what is wrong, the value got, what is allowed, what to write
 * @throws ValidationError where nothing collects
 */
export function report(construct: IConstruct, code: ErrorCode, message: string): void {
  const error = new ValidationError(code, message, construct);
  const problems = checked.get(construct);
  if (problems === undefined) throw error;
  problems.push(...error.problems);
}

/** Whether no mistake of the construct was reported so far. */
export function isFaultless(construct: IConstruct): boolean {
  return (checked.get(construct) ?? []).length === 0;
}

/** Runs a part of a check that throws its mistake: the check goes on after it. */
export function attempt<Result>(construct: IConstruct, part: () => Result): Result | undefined {
  const problems = checked.get(construct);
  if (problems === undefined) return ValidationError.locate(construct, part);
  try {
    return part();
  } catch (error) {
    // What follows from a mistake that was reported is none of its own.
    if (error instanceof ValidationError && error.problems[0] === problems[0]) throw error;
    if (!(error instanceof SternaError)) throw error;
    problems.push(...problemsOf(error, construct));
    return undefined;
  }
}

function rethrow(error: unknown): never {
  throw error;
}

function problemsOf(error: SternaError, construct: IConstruct): readonly Problem[] {
  return (error instanceof ValidationError ? error : new ValidationError(error.code, error.message, construct))
    .problems;
}

/** Variable with the file in which `sterna` reads the mistakes of the app that it runs, as a JSON list of `Problem`. */
export const PROBLEMS_FILE = "STERNA_PROBLEMS_FILE";

const allDeferred: Problem[] = [];

if (process.env[PROBLEMS_FILE]) {
  // An error of another package may have been thrown far below the line of the project.
  Error.stackTraceLimit = DEEP_STACK;
  // Whatever stops the app, and wherever: what was found until then is told.
  process.on("uncaughtExceptionMonitor", (error) => writeProblems(process.env[PROBLEMS_FILE]!, error));
}

function writeProblems(file: string, error: unknown): void {
  const problems = [...new Set([...allDeferred, ...problemsIn(error)])];
  if (problems.length > 0) writeFileSync(file, JSON.stringify(problems));
}

function defer(construct: IConstruct, problems: readonly Problem[]): void {
  const { root } = construct.node;
  const all = deferred.get(root) ?? [];
  deferred.set(root, all);
  all.push(...problems);
  allDeferred.push(...problems);
  construct.node.addValidation({
    validate: () => {
      throw ValidationError.ofProblems(all, construct);
    },
  });
}

/** Mistakes that stop the app come after those of the constructs before. */
function thrownTogether(construct: IConstruct, problems: readonly Problem[]): ValidationError {
  return ValidationError.ofProblems([...(deferred.get(construct.node.root) ?? []), ...problems], construct);
}
