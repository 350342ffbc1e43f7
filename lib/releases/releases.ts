import { SternaError } from "../core/sterna-error";
import { Release } from "./release";

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
        `${this.system} ${version} is only planned; pin an environment to one of ` +
          `${this.releases.filter(({ planned }) => !planned).join(", ")}, or take \`planned\` off the release`,
      );
    }
    return release;
  }

  [Symbol.iterator](): Iterator<Release> {
    return this.releases.values();
  }
}
