import { EngineError } from "../engine-error";

const MOST_ROLLBACK_WARNINGS = 10;

/**
 * Remembers what one plan creates and destroys, to tell a rename from a rollback.
 *
 * Terraform plans each resource alone: a renamed step is a creation here and a deletion there, and applying both would
 * adopt the step and undo it. Whichever comes second finds the first one here.
 */
export class PlanMemory {
  private readonly created = new Map<string, string>();
  private readonly destroyed = new Map<string, string>();

  /** @throws EngineError `AppliedStepRenamed` */
  creates(id: string, checksum: string): void {
    this.created.set(id, checksum);
    this.compare(id, checksum, this.destroyed, (other) => [other, id]);
  }

  /** @throws EngineError `AppliedStepRenamed` */
  destroys(id: string, checksum: string): void {
    this.destroyed.set(id, checksum);
    this.compare(id, checksum, this.created, (other) => [id, other]);
  }

  /** Whether a rollback still gets a warning of its own: fifty of them would bury the plan that lists them all anyway. */
  announcesRollback(): boolean {
    return this.destroyed.size <= MOST_ROLLBACK_WARNINGS;
  }

  private compare(
    id: string,
    checksum: string,
    others: Map<string, string>,
    order: (other: string) => [from: string, to: string],
  ): void {
    for (const [other, otherChecksum] of others) {
      if (other !== id && otherChecksum !== checksum) continue;
      const [from, to] = order(other);
      throw new EngineError(
        "AppliedStepRenamed",
        from === to
          ? `step "${id}" is destroyed and created in the same plan: its Terraform address changed. Give it back its address, or add: moved { from = sterna_step.<old name>  to = sterna_step.<new name> }.`
          : `step "${from}" is destroyed and the same program is created as "${to}": it was renamed. The name of an applied step is its identity in the ledger: give it back.`,
      );
    }
  }
}
