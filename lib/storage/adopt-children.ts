import { TerraformResource } from "cdktf";
import type { Construct } from "constructs";
import { adoptResource } from "../core/refactoring";
import { ValidationError } from "../core/validation-error";

/**
 * Lets Terraform take over children of a bucket that exists.
 *
 * @param children ids of the children
 * @param idOf what the provider calls a child in its documentation of `terraform import`
 * @throws ValidationError `AdoptedChildMissing`
 */
export function adoptChildren(scope: Construct, children: readonly string[], idOf: (child: string) => string): void {
  for (const id of children) {
    const child = scope.node.tryFindChild(id);
    if (!TerraformResource.isTerraformResource(child)) {
      const known = scope.node.children.map(({ node }) => node.id).join(", ");
      throw new ValidationError(
        "AdoptedChildMissing",
        `adopt names "${id}", and the declaration makes no such child. It makes ${known}.`,
        scope,
      );
    }
    adoptResource(child, idOf(id));
  }
}
