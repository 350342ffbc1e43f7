import { gt, lte } from "semver";
import type { ApplyRecord, RecordedChange } from "../records/apply-record";
import type { Expressions } from "../plan/expressions";
import { areEqual, isUnknown, type Fingerprint } from "../plan/fingerprint";

/** A resource as the environment that proves left it: the last of the applies that changed it, and those before. */
export class ProvedResource {
  constructor(
    /** The last apply, which says what the resource is. */
    private readonly last: RecordedChange,
    /** Whether it belongs to the releases that are promoted now. */
    private readonly isPromoted: boolean,
    private readonly before: ProvedResource | undefined,
  ) {}

  /** What its last apply did with it. */
  get action(): string {
    return this.last.action;
  }

  get fingerprint(): Fingerprint {
    return this.last.fingerprint;
  }

  /** What the configuration of its last apply said; absent in older records. */
  get expressions(): Expressions | undefined {
    return this.last.expressions;
  }

  /** Whether a value was once known only after the apply: a provider computes it. */
  isComputed(path: string): boolean {
    return isUnknown(this.fingerprint[path] ?? "") || (this.before?.isComputed(path) ?? false);
  }

  /** What the releases that are promoted now did with it. */
  promotedActions(): string[] {
    return [...(this.before?.promotedActions() ?? []), ...(this.isPromoted ? [this.action] : [])];
  }

  /** Paths whose values the releases that are promoted now changed. */
  promotedPaths(): Set<string> {
    const earlier = this.before?.promotedPaths() ?? new Set<string>();
    if (!this.isPromoted) return earlier;
    const was = this.before?.fingerprint ?? {};
    const changed = Object.entries(this.fingerprint).filter(([path, value]) => !areEqual(was[path] ?? "", value));
    return new Set([...earlier, ...changed.map(([path]) => path)]);
  }
}

/** A step as the environment that proves applied it. */
export interface ProvedStep {
  readonly checksum?: string | undefined;
  readonly release: string;
  /** Whether it belongs to the releases that are promoted now. */
  readonly promoted: boolean;
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
  /** Whether the wanted release itself was applied without a failure. */
  readonly isApplied: boolean;

  /** @param records oldest first; those of releases newer than the wanted one prove nothing about it */
  constructor(
    records: readonly ApplyRecord[],
    private readonly releases: PromotedReleases,
  ) {
    const counted = records.filter(({ release }) => lte(release, releases.to));
    for (const record of counted) this.add(record);
    this.isApplied = counted.some(({ release, result }) => release === releases.to && result === "applied");
  }

  private add({ release, changes, steps }: ApplyRecord): void {
    const promoted = this.isPromoted(release);
    for (const change of changes) this.change(change, promoted);
    for (const { id, action, checksum, status, release: from } of steps) {
      if (status !== "done") continue;
      if (action === "roll-back" || action === "forget") this.steps.delete(id);
      else if (action !== "describe") this.steps.set(id, { checksum, release: from, promoted: this.isPromoted(from) });
    }
  }

  private change(change: RecordedChange, promoted: boolean): void {
    const { name, movedFrom } = change;
    const before = this.resources.get(movedFrom ?? name);
    if (movedFrom !== undefined) this.resources.delete(movedFrom);
    this.resources.set(name, new ProvedResource(change, promoted, before));
  }

  private isPromoted(release: string): boolean {
    return release === this.releases.to || (this.releases.from !== undefined && gt(release, this.releases.from));
  }
}
