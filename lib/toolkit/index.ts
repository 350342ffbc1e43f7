/** The functions of `sterna` for use in programs: `import { openToolkit, plan, apply } from "sterna/toolkit"`. */

export { openToolkit } from "./toolkit";
export type { CheckResult, Presence } from "../manifest/step-checks";
export type { StackOptions, SystemsOptions, Toolkit, ToolkitOptions } from "./toolkit";
export type { Reporter, ToolkitContext } from "./reporter";
export type { Project } from "./project/project";
export type { Paint } from "../promotion/report/text";

export { formatPlan, plan, type Plan, type PlanOptions } from "./plan";
export { REPORT_FORMATS, type ReportFormat } from "../promotion/format-report";
export { apply, type Application, type ApplyOptions } from "./apply";
export { type PinOptions, promote, type PromoteOptions, type Promotion } from "./promote";
export { rollback } from "./rollback";
export type { RollbackOptions, RollbackPreview, RollbackResult, RollbackStep } from "./rollback";
export { rollout, rolloutStatus } from "./rollout";
export type { RolloutMove, RolloutOptions, RolloutResult, RolloutStatus } from "./rollout";
export { record, type Recording } from "./record";
export { unlock, type UnlockOptions } from "./unlock";
export { status } from "./status";
export type { StepState, StepStatus, SystemStatus } from "./ledgers/system-status";
export type { UnreadableLedger } from "./ledgers/read-ledgers";
export { type Verdict, type Verification, type VerifiedStep, verify } from "./verify";
export { adopt, type Adoption, type AdoptOptions, type FoundSteps } from "./adopt";
export type { FoundStep } from "./ledgers/find-applied";
export { report } from "./report";
export { formatOverview, OVERVIEW_FORMATS, type OverviewFormat } from "../promotion/format-report";

export type { Program } from "../manifest/program";
export type { Progress, StepDefinition, StepRecord } from "../manifest/step-record";
export type { StackManifest } from "../manifest/stack-manifest";
export type { SynthesizedStep, SynthesizedSystem } from "../promotion/plan/synthesized-steps";
export type { PromotionReport } from "../promotion/promotion-report";
export type { Overview } from "../promotion/report/overview";
export type { NewApplyRecord } from "../promotion/records/apply-record";
export { RefusedError, SternaError } from "../core/errors";
export { ERROR_CODES, type ErrorCode } from "../core/error-codes";
