/** Set by the launcher, which clears NODE_OPTIONS for the provider itself but must not change it for the steps. */
const KEPT_NODE_OPTIONS = "STERNA_NODE_OPTIONS";
/** What Terraform tells its providers is none of a step's business. */
const PRIVATE = /^(TF_PLUGIN_|PLUGIN_|TF_REATTACH_|STERNA_NODE_OPTIONS$)/;

/** The environment of a step's commands: that of Terraform, without what belongs to the provider alone. */
export function stepEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(Object.entries(environment).filter(([name]) => !PRIVATE.test(name)));
  const nodeOptions = environment[KEPT_NODE_OPTIONS];
  return nodeOptions ? { ...kept, NODE_OPTIONS: nodeOptions } : kept;
}
