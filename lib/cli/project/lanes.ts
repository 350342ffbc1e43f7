import type { PromotionReport } from "../../promotion/promotion-report";
import type { Project } from "./project";
import { lastRecord } from "./records";
import { chainOf, readSynthesis, type SynthesizedSystem } from "./stacks";

/** A system in all its environments, with what their records say. */
export async function lanesOf(project: Project, { system }: SynthesizedSystem): Promise<PromotionReport["chain"]> {
  const chain = chainOf(readSynthesis(project), system);
  return Promise.all(
    chain.map(async ({ stack, environment, release, protected: isProtected }) => {
      const last = await lastRecord(project, stack);
      const applied = last?.result === "applied" ? { applied: last.release, appliedAt: last.finishedAt } : {};
      return { environment, release, ...applied, protected: isProtected };
    }),
  );
}
