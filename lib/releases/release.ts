import { compare } from "semver";
import { SternaError } from "../core/errors";
import { SEMANTIC_VERSION, SEMANTIC_VERSION_RULE } from "../core/names";

/** Properties of a `Release`. */
export interface ReleaseProps {
  /**
   * Title of the release, in a few words.
   * @default - none
   */
  readonly title?: string;

  /**
   * What to know before moving to the release.
   * @default - none
   */
  readonly notes?: string;

  /**
   * Whether the release is announced but not out: no environment can be pinned to it.
   * @default false
   */
  readonly planned?: boolean;
}

/** A version of a system. Releases are ordered as Semantic Versioning 2.0.0, section 11, says. */
export class Release {
  /** For `Array.prototype.sort`: the older release first. */
  static compare(a: Release, b: Release): number {
    return compare(a.version, b.version);
  }

  readonly title: string | undefined;
  readonly notes: string | undefined;
  readonly planned: boolean;

  /**
   * @param version semantic version without a leading `v`: `1.0.0`, `0.1.0-beta`
   * @throws SternaError `InvalidRelease`
   */
  constructor(
    readonly version: string,
    props: ReleaseProps = {},
  ) {
    if (!SEMANTIC_VERSION.test(version)) {
      throw new SternaError("InvalidRelease", `"${version}" is not a release: it ${SEMANTIC_VERSION_RULE}`);
    }
    this.title = props.title;
    this.notes = props.notes;
    this.planned = props.planned ?? false;
  }

  /** Whether the release comes before the other one. */
  isOlderThan(other: Release): boolean {
    return Release.compare(this, other) < 0;
  }

  /** The version. */
  toString(): string {
    return this.version;
  }
}

/** All releases of a system, oldest first. */
export class Releases implements Iterable<Release> {
  private readonly releases: readonly Release[];

  /**
   * @param system name of the system, for messages
   * @param releases in any order
   * @throws SternaError `DuplicateRelease`, or `UnknownRelease` when there is none at all
   */
  constructor(
    private readonly system: string,
    releases: readonly Release[],
  ) {
    if (releases.length === 0) {
      throw new SternaError("UnknownRelease", `${system} has no releases; write new Release("<version>") for each`);
    }
    this.releases = [...releases].sort(Release.compare);
    for (const [index, release] of this.releases.entries()) {
      // Versions that differ in build metadata only have no order between them.
      if (index > 0 && Release.compare(this.releases[index - 1]!, release) === 0) {
        throw new SternaError("DuplicateRelease", `${system} has the release ${release} twice`);
      }
    }
  }

  /** The release that the system started with. */
  get oldest(): Release {
    return this.releases[0]!;
  }

  /** Versions of all releases, oldest first. */
  get versions(): string[] {
    return this.releases.map((release) => release.version);
  }

  /** @throws SternaError `UnknownRelease` with the known ones */
  get(version: string): Release {
    const release = this.releases.find((candidate) => candidate.version === version);
    if (release === undefined) {
      throw new SternaError(
        "UnknownRelease",
        `${this.system} has no release "${version}"; it has ${this.versions.join(", ")}`,
      );
    }
    return release;
  }

  /**
   * A release that an environment may run.
   *
   * @throws SternaError `UnknownRelease` with the known ones, `PlannedRelease`
   */
  pinned(version: string): Release {
    const release = this.get(version);
    if (release.planned) {
      throw new SternaError(
        "PlannedRelease",
        `${this.system} ${version} has the status planned; pin one of ` +
          `${this.releases.filter(({ planned }) => !planned).join(", ")}, or take \`planned\` off the release`,
      );
    }
    return release;
  }

  [Symbol.iterator](): Iterator<Release> {
    return this.releases.values();
  }
}
