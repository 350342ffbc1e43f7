/** How long the system is away while it moves: `none`, `minimal` (a restart), `yes` (a maintenance window). */
export type Downtime = "none" | "minimal" | "yes";

/** Whether a move can be taken back: `yes`, `limited` (what was written since is lost), `no`. */
export type RollbackSupport = "yes" | "limited" | "no";

/** One row of a compatibility matrix: between which releases a system may move in one go, and what that takes. */
export interface CompatibilityRow {
  /** Releases that the move begins at, as a semver range: `1.0.x`, `1.x`, `>=2.1.0 <3.0.0`. */
  readonly from: string;

  /** Releases that the move leads to, as a semver range. Only newer ones count. */
  readonly to: string;

  /** Whether data has to be migrated. */
  readonly migrationRequired: boolean;

  /** How long the system is away while it moves. */
  readonly downtime: Downtime;

  /** Whether the move can be taken back. */
  readonly rollback: RollbackSupport;

  /**
   * Who helps when the move fails, such as `full` or `community`.
   * @default - not said
   */
  readonly support?: string;

  /**
   * Whether the move is announced and not possible yet.
   * @default false
   */
  readonly planned?: boolean;
}

/** What the move between two patch releases of one minor takes where no row says otherwise (Semantic Versioning 2.0.0, section 6). */
export const PATCH_ROW: CompatibilityRow = {
  from: "*",
  to: "*",
  migrationRequired: false,
  downtime: "none",
  rollback: "yes",
};
