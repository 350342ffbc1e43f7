import { TerraformResource, TerraformStack } from "cdktf";
import type { Construct, Node } from "constructs";
import { report, ValidationError } from "./errors";

type Block = { readonly from: string; readonly to: string } | { readonly id: string; readonly to: string };

const blocksOfStacks = new WeakMap<TerraformStack, Map<"moved" | "import", Block[]>>();

/**
 * Tells Terraform that the resources of a construct were declared under another path before: they are kept instead of
 * being destroyed and made anew.
 *
 * @param previously former paths of the construct inside its stack, such as `files` or `storage/files`
 * @see https://developer.hashicorp.com/terraform/language/modules/develop/refactoring
 * @throws ValidationError `PreviousPathIsPresent`
 */
export function keepMovedResources(construct: Construct, previously: readonly string[]): void {
  const stack = TerraformStack.of(construct);
  const present = pathInStack(construct, stack);
  for (const path of previously) {
    if (path === present.join("/")) {
      throw new ValidationError(
        "PreviousPathIsPresent",
        `previously names "${path}", where the construct is now. Name where it was before, or leave it out.`,
        construct,
      );
    }
    for (const resource of resourcesOf(construct)) {
      const child = pathInStack(resource, stack).slice(present.length);
      const from = formerId(stack, [...path.split("/"), ...child]);
      addBlock(stack, "moved", { from: `${resource.terraformResourceType}.${from}`, to: addressOf(resource) });
    }
  }
}

/** A resource that exists and that Terraform takes over instead of making one. */
export interface Adoption {
  /** What the provider calls it in its documentation of `terraform import`. */
  readonly id: string;
}

/**
 * Lets Terraform take over a resource that exists. Written as an override: cdktf's `importFrom` runs Terraform at synth.
 *
 * @param id what the provider calls the resource in its documentation of `terraform import`
 * @see https://developer.hashicorp.com/terraform/language/import
 */
export function adoptResource(resource: TerraformResource, id: string): void {
  addBlock(TerraformStack.of(resource), "import", { to: addressOf(resource), id });
}

/** The list stays the same object, so that blocks can still be added after the override was. */
function addBlock(stack: TerraformStack, kind: "moved" | "import", block: Block): void {
  const kinds = blocksOfStacks.get(stack) ?? new Map<"moved" | "import", Block[]>();
  blocksOfStacks.set(stack, kinds);
  let blocks = kinds.get(kind);
  if (blocks === undefined) {
    kinds.set(kind, (blocks = []));
    stack.addOverride(kind, blocks);
  }
  blocks.push(block);
}

function addressOf(resource: TerraformResource): string {
  return `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
}

function resourcesOf(construct: Construct): TerraformResource[] {
  return construct.node.findAll().filter((one) => TerraformResource.isTerraformResource(one));
}

function pathInStack(construct: Construct, stack: TerraformStack): string[] {
  return construct.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
}

/** The id that the stack gives to a resource at a path where there is none any more. */
function formerId(stack: TerraformStack, path: readonly string[]): string {
  const scopes = [...stack.node.scopes, ...path.map((id) => ({ node: { id } }))];
  return stack.getLogicalId({ scopes } as unknown as Node);
}

/**
 * The way out of a construct's defaults: changes what it passes to one of its children, right before that child is
 * made. An object is merged over the configuration (one level deep); a function gets it and returns another.
 *
 * What a transform changes is not validated.
 */
export type Transform<Config> = Partial<Config> | ((config: Config) => Config);

/** The configuration after the transform. */
export function applyTransform<Config extends object>(
  config: Config,
  transform: Transform<Config> | undefined,
): Config {
  return typeof transform === "function" ? transform(config) : { ...config, ...transform };
}

/**
 * Refuses the transform of a child that the other options leave out: it would be dropped without a word.
 *
 * @param missing by the name of a transform, why its child is not created; nothing for a child that is
 * @throws ValidationError `TransformWithoutResource`
 */
export function refuseUnusedTransforms(
  construct: Construct,
  transform: object | undefined,
  missing: Readonly<Record<string, string | false | undefined>>,
): void {
  const given: Readonly<Record<string, unknown>> = { ...transform };
  for (const [name, reason] of Object.entries(missing)) {
    if (given[name] === undefined || reason === undefined || reason === false) continue;
    const message = `transform.${name} would have no effect, because ${reason}. Remove it, or change the other option`;
    report(construct, "TransformWithoutResource", message);
  }
}
