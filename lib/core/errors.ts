import type { IConstruct } from "constructs";
import { writeFileSync } from "node:fs";
import { dirname, relative, sep } from "node:path";
import type { ErrorCode } from "./error-codes";
import { explainForeignError } from "./foreign-errors";

/**
 * An error that the user can fix: wrong input, a missing tool, a refused promotion.
 *
 * Any other error is a defect of Sterna. The message says what is wrong, the value, what is allowed, and what to write
 * instead.
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

/** A gate refused: nothing is broken, and nothing was changed. The command line ends with exit status 3. */
export class RefusedError extends SternaError {
  override readonly name = "RefusedError";
}

/** One mistake in the construct tree. */
export interface Problem {
  /** Stable name of the mistake, listed in `docs/errors.md`. */
  readonly code: ErrorCode;

  /** What is wrong, the value, what is allowed, and what to write. Ends with the path of the construct. */
  readonly message: string;

  /** Path of the construct with the mistake. Absent for a value object outside of the construct tree. */
  readonly constructPath?: string;

  /** Line of the project that created the construct, such as `main.ts:12:3`. Absent if the stack trace lacks it. */
  readonly location?: string;
}

/** Mistakes in the construct tree. Each message ends with the path of the construct. */
export class ValidationError extends SternaError {
  /**
   * Runs `work` for a construct: a `SternaError` of a value object gets the construct's path.
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

  /** One error for several mistakes, with the code and the path of the first. */
  static ofProblems(problems: readonly Problem[], construct: IConstruct): ValidationError {
    const [first] = problems;
    const error = new ValidationError(first!.code, "", construct);
    error.message = problems.length === 1 ? first!.message : `${problems.length} mistakes:\n${listed(problems)}`;
    return Object.assign(error, { problems, constructPath: first!.constructPath ?? "" });
  }

  override readonly name = "ValidationError";

  /** Path of the construct in the tree, such as `app-ef-staging/beta-to-v1/create-schema`. */
  readonly constructPath: string;

  /** All mistakes, this one first. */
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

function listed(problems: readonly Problem[]): string {
  const lines = problems.map(({ code, message, location }) =>
    `${code}: ${message}${location === undefined ? "" : ` (${location})`}`.replaceAll("\n", "\n    "),
  );
  return lines.map((line, index) => `  ${index + 1}. ${line}`).join("\n");
}

/** Sterna's own code, in the sources and in the package. */
const LIBRARY = dirname(__dirname) + sep;
const DEEP_STACK = 100;

/** The innermost line of the call stack that belongs to neither Sterna nor a package. */
export function projectLine(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = DEEP_STACK;
  const { stack } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return projectLineIn(stack);
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

/** Mistakes by root: those of the constructs being checked, and of those created in spite of them. */
const checked = new WeakMap<IConstruct, Problem[]>();
const deferred = new WeakMap<IConstruct, Problem[]>();

/**
 * Checks a construct, continues after a mistake to find the others, and throws all of them together.
 *
 * Where `cdktf` or `sterna` runs the app, a construct whose check ran to its end is made in spite of its mistakes, and
 * the synthesis throws those of all constructs together. Elsewhere, such as in a test, the constructor throws.
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
    // A crash that follows a mistake is not another mistake.
    if (!(error instanceof SternaError)) throw problems.length > 0 ? thrownTogether(construct, problems) : error;
    if (problems.length === 0) throw ValidationError.locate(construct, () => rethrow(error));
    throw thrownTogether(construct, [...problems, ...problemsOf(error, construct)]);
  } finally {
    checked.delete(construct);
  }
  if (problems.length === 0) return result;
  if (!canGoOn || !isSynthesized()) throw thrownTogether(construct, problems);
  defer(construct, problems);
  return result;
}

/**
 * Records a mistake of a construct that `collect` checks. Outside of `collect`, throws it at once.
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

/** Runs a part of a check that throws. The check continues after it. */
export function attempt<Result>(construct: IConstruct, part: () => Result): Result | undefined {
  const problems = checked.get(construct);
  if (problems === undefined) return ValidationError.locate(construct, part);
  try {
    return part();
  } catch (error) {
    // An error that follows from a reported mistake is not another mistake.
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

/** Variable with the path of a file: the app writes its mistakes there, for `sterna`, as a JSON list of `Problem`. */
export const PROBLEMS_FILE = "STERNA_PROBLEMS_FILE";

/** `cdktf synth` names the folder to write to (cdktf-cli, synth-stack.ts), and so does `sterna`. */
const CDKTF_OUTDIR = "CDKTF_OUTDIR";

/** Whether a tool runs the app, so that its synthesis comes to validate the constructs. */
function isSynthesized(): boolean {
  return Boolean(process.env[PROBLEMS_FILE] ?? process.env[CDKTF_OUTDIR]);
}

const allDeferred: Problem[] = [];

// `sterna` reports the line of the project, and another package may throw far below it.
if (process.env[PROBLEMS_FILE]) Error.stackTraceLimit = DEEP_STACK;

if (isSynthesized()) {
  // Whatever stops the app, and wherever: what was found until then is reported.
  process.on("uncaughtExceptionMonitor", (error) => {
    const file = process.env[PROBLEMS_FILE];
    if (file) writeProblems(file, error);
    else if (!(error instanceof ValidationError) && allDeferred.length > 0) {
      console.error(`Sterna found before the following error:\n${listed(allDeferred)}`);
    }
  });
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
  construct.node.addValidation({ validate: () => throwAll(construct) });
}

/** Checks of a whole tree that run when all constructs exist, by root. */
const treeChecks = new WeakMap<IConstruct, (readonly [IConstruct, () => void])[]>();

/**
 * Runs a check when all constructs exist, so that its mistakes are thrown together with those of the constructs. It is
 * left out where a construct inside of `construct` has mistakes: most of what it would find follows from those.
 *
 * @param check throws its mistakes; it may run more than once
 */
export function checkTree(construct: IConstruct, check: () => void): void {
  const { root } = construct.node;
  const checks = treeChecks.get(root) ?? [];
  treeChecks.set(root, checks);
  checks.push([construct, check]);
  construct.node.addValidation({
    validate: () => {
      if (mistakesOf(construct, check).length > 0) throwAll(construct);
      return [];
    },
  });
}

function throwAll(construct: IConstruct): never {
  const { root } = construct.node;
  const problems = [...(deferred.get(root) ?? [])];
  const faulty = new Set(problems.map(({ constructPath }) => constructPath));
  for (const [top, check] of treeChecks.get(root) ?? []) {
    if (top.node.findAll().some(({ node }) => faulty.has(node.path))) continue;
    problems.push(...mistakesOf(top, check));
  }
  // The mistakes of a check come with those of the constructs before it.
  throw ValidationError.ofProblems([...new Set(problems)], construct);
}

function mistakesOf(construct: IConstruct, check: () => void): readonly Problem[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof SternaError) return problemsOf(error, construct);
    throw error;
  }
}

/** Mistakes that stop the app come after those of the constructs before. */
function thrownTogether(construct: IConstruct, problems: readonly Problem[]): ValidationError {
  return ValidationError.ofProblems([...(deferred.get(construct.node.root) ?? []), ...problems], construct);
}
