import { gt, lte } from "semver";
import { canonicalJson } from "../../manifest/checksum";
import type { ApplyRecord, RecordedChange, RecordedStep } from "../records/apply-record";
import { type ConfiguredExpressions, type Expressions, isProgram } from "../plan/expressions";
import type { PlanReading } from "../plan/plan-builder";
import { READ } from "../plan/resource-change";
import { areEqual, isUnknown, type Fingerprint } from "../plan/fingerprint";

/** Action of a resource that an apply left as it was, and of which the configuration says something else since. */
export const KEPT = "no-op";

/** A resource as the environment that proves left it: the last of the applies that changed it, and what those before did. */
export class ProvedResource {
  private last: RecordedChange | undefined;
  private readonly computed = new Set<string>();
  private readonly actions: string[] = [];
  private readonly paths = new Set<string>();

  /**
   * Adds the next apply that changed it.
   *
   * @param isPromoted whether it belongs to the releases that are promoted now
   */
  add(change: RecordedChange, isPromoted: boolean): void {
    const was = this.last?.fingerprint ?? {};
    for (const [path, value] of Object.entries(change.fingerprint)) {
      if (isUnknown(value)) this.computed.add(path);
      if (isPromoted && !areEqual(was[path] ?? "", value)) this.paths.add(path);
    }
    if (isPromoted && change.action !== KEPT) this.actions.push(change.action);
    this.last = change;
  }

  /** What its last apply did with it. */
  get action(): string {
    return this.last?.action ?? KEPT;
  }

  get fingerprint(): Fingerprint {
    return this.last?.fingerprint ?? {};
  }

  /** What the configuration of its last apply said; absent in older records. */
  get expressions(): Expressions | undefined {
    return this.last?.expressions;
  }

  /** Whether a value was once known only after the apply: a provider computes it. */
  isComputed(path: string): boolean {
    return this.computed.has(path);
  }

  /** What the releases that are promoted now did with it, oldest first. */
  promotedActions(): readonly string[] {
    return this.actions;
  }

  /** Paths whose values the releases that are promoted now changed. */
  promotedPaths(): ReadonlySet<string> {
    return this.paths;
  }
}

/** A step as the environment that proves applied it. */
export interface ProvedStep {
  readonly checksum?: string | undefined;
  readonly release: string;
  /** Whether it belongs to the releases that are promoted now. */
  readonly promoted: boolean;
  /** Digests of what the program does not say; absent where nothing tells them. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /** What the configuration said of it; absent where nothing tells that. */
  readonly expressions?: Expressions | undefined;
  /** Who edited its row by hand: it says that the step is applied, and nothing shows that its program ever succeeded. */
  readonly repaired?: RecordedStep["repaired"];
}

/** Which releases are promoted: those after the one that runs, up to the one that is wanted. */
export interface PromotedReleases {
  readonly from?: string | undefined;
  readonly to: string;
}

/** What all applies of an environment, one after the other, have proved. */
export class ProvingHistory {
  readonly resources = new Map<string, ProvedResource>();
  readonly steps = new Map<string, ProvedStep>();
  /** What the configuration said of each data source, by its address. */
  readonly data = new Map<string, Expressions>();
  /** Steps that were undone, or whose rows were taken out. */
  readonly undone = new Set<string>();
  /** Whether the wanted release itself was applied without a failure. */
  readonly isApplied: boolean;

  /** What an environment that goes back to a release applied, newer releases too. */
  static ofAll(records: readonly ApplyRecord[], to: string): ProvingHistory {
    return new ProvingHistory(records, { to }, records);
  }

  /** @param records oldest first; those of releases newer than the wanted one prove nothing about it */
  constructor(
    records: readonly ApplyRecord[],
    private readonly releases: PromotedReleases,
    counted: readonly ApplyRecord[] = records.filter(({ release }) => lte(release, releases.to)),
  ) {
    for (const record of counted) this.add(record);
    this.isApplied = counted.some(({ release, result }) => release === releases.to && result === "applied");
  }

  private add({ release, changes, steps }: ApplyRecord): void {
    const promoted = this.isPromoted(release);
    for (const change of changes) this.change(change, promoted);
    for (const { id, action, status, release: from, ...step } of steps) {
      if (status !== "done") continue;
      const isUndone = action === "roll-back" || action === "forget";
      if (isUndone) {
        this.steps.delete(id);
        this.undone.add(id);
      } else {
        // A description changes what is said of a step, and how it is undone; what it did stays.
        const repaired = step.repaired ?? (action === "describe" ? this.steps.get(id)?.repaired : undefined);
        this.steps.set(id, { ...step, repaired, release: from, promoted: this.isPromoted(from) });
        this.undone.delete(id);
      }
    }
  }

  private change(change: RecordedChange, promoted: boolean): void {
    const { name, movedFrom, action, expressions } = change;
    if (action === READ) {
      this.data.set(name, expressions ?? {});
      return;
    }
    const resource = this.resources.get(movedFrom ?? name) ?? new ProvedResource();
    if (movedFrom !== undefined) this.resources.delete(movedFrom);
    resource.add(change, promoted);
    this.resources.set(name, resource);
  }

  /** The release that is wanted. */
  get release(): string {
    return this.releases.to;
  }

  private isPromoted(release: string): boolean {
    return release === this.releases.to || (this.releases.from !== undefined && gt(release, this.releases.from));
  }
}

/**
 * Resources that an apply leaves as they are, and of which the configuration says something else since their last record:
 * another order, provider or lifecycle. Without that, the next environment would find it different for good. Data sources
 * are among them, since a plan shows only some of them.
 */
export function keptChanges(
  { planned }: PlanReading,
  configured: ConfiguredExpressions,
  { resources, data }: ProvingHistory,
): RecordedChange[] {
  const reads = configured.dataSources().flatMap((name): RecordedChange[] => {
    const expressions = configured.ofData(name) ?? {};
    const isSame = canonicalJson(expressions) === canonicalJson(data.get(name) ?? null);
    return isSame ? [] : [{ name, action: READ, fingerprint: {}, expressions }];
  });
  const kept = [...resources].flatMap(([name, there]): RecordedChange[] => {
    const found = planned.get(name);
    if (found?.action !== KEPT) return [];
    const values = found.fingerprint();
    const here = Object.entries(configured.of(name, values) ?? {});
    const was = Object.entries(there.expressions ?? {});
    const said = (all: typeof here) => all.filter(([key]) => !isProgram(key));
    // What did not run is not proved: provisioners, and files that were read when it was made.
    const expressions = Object.fromEntries([...said(here), ...was.filter(([key]) => isProgram(key))]);
    const isSame = canonicalJson(Object.fromEntries(said(here))) === canonicalJson(Object.fromEntries(said(was)));
    return isSame ? [] : [{ name, action: KEPT, fingerprint: values, expressions }];
  });
  return [...kept, ...reads];
}
