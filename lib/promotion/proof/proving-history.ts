import { gt, lte } from "semver";
import type { ApplyRecord, RecordedChange } from "../apply-record";
import { areEqual, isUnknown, type Fingerprint } from "./fingerprint";

/** A resource as the environment that proves left it. */
export interface ProvedResource {
  /** What its last apply did with it. */
  readonly action: string;
  readonly fingerprint: Fingerprint;
  /** Paths whose value was once known only after the apply: a provider computes them. */
  readonly computed: ReadonlySet<string>;
  /** Actions and paths of the releases that are promoted now. */
  readonly promoted: { readonly actions: ReadonlySet<string>; readonly paths: ReadonlySet<string> };
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

  private change({ name, action, movedFrom, fingerprint }: RecordedChange, promoted: boolean): void {
    const before = this.resources.get(movedFrom ?? name);
    if (movedFrom !== undefined) this.resources.delete(movedFrom);
    const paths = Object.keys(fingerprint);
    const changed = paths.filter((path) => !areEqual(before?.fingerprint[path] ?? "", fingerprint[path]!));
    this.resources.set(name, {
      action,
      fingerprint,
      computed: new Set([...(before?.computed ?? []), ...paths.filter((path) => isUnknown(fingerprint[path]!))]),
      promoted: {
        actions: new Set([...(before?.promoted.actions ?? []), ...(promoted ? [action] : [])]),
        paths: new Set([...(before?.promoted.paths ?? []), ...(promoted ? changed : [])]),
      },
    });
  }

  private isPromoted(release: string): boolean {
    return release === this.releases.to || (this.releases.from !== undefined && gt(release, this.releases.from));
  }
}
