// Reasons in Terraform's own words ("JSON Output Format": `action_reason`, `deferred_changes[].reason`), in ours.

const ACTIONS = new Map([
  ["replace_because_cannot_update", "an attribute cannot be changed in place"],
  ["replace_because_tainted", "an earlier apply left it damaged"],
  ["replace_by_request", "somebody asked for it with -replace"],
  ["replace_by_triggers", "what replace_triggered_by names changes"],
  ["delete_because_no_resource_config", "it is not in the configuration any more"],
  ["delete_because_no_module", "its module is not in the configuration any more"],
  ["delete_because_no_move_target", "it was moved to where the configuration has nothing"],
  ["delete_because_wrong_repetition", "its count or for_each came or went"],
  ["delete_because_count_index", "count is smaller now"],
  ["delete_because_each_key", "its key is not in for_each any more"],
  ["read_because_config_unknown", "what it is asked is known only during the apply"],
  ["read_because_dependency_pending", "what it depends on changes first"],
  ["read_because_check_nested", "a check block reads it in every apply"],
]);

const DEFERRALS = new Map([
  ["instance_count_unknown", "its count or for_each is known only after an apply"],
  ["resource_config_unknown", "its configuration is known only after an apply"],
  ["provider_config_unknown", "the configuration of its provider is known only after an apply"],
  ["absent_prereq", "something that it needs is not there yet"],
  ["unknown", "Terraform does not say"],
  ["deferred_prereq", "something that it needs is left for later too"],
]);

/** Why Terraform chose an action; a reason that a newer Terraform brings, as it says it. */
export function actionReasonText(reason: string): string {
  return ACTIONS.get(reason) ?? reason.replaceAll("_", " ");
}

/** Why Terraform leaves a change for later. */
export function deferralText(reason: string): string {
  return DEFERRALS.get(reason) ?? reason.replaceAll("_", " ");
}
