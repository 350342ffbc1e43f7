import { compare } from "semver";
import { SEMANTIC_VERSION, SEMANTIC_VERSION_RULE } from "../core/semantic-version";
import { SternaError } from "../core/sterna-error";

/** Properties of a `Release`. */
export interface ReleaseProps {
  /**
   * What the release is known for, in a few words.
   * @default - none
   */
  readonly title?: string;

  /**
   * What people should know before they move to it.
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
