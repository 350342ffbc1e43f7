/** What Terraform printed, without the line breaks that depend on how long a path is. */
export function unwrapped(output: string): string {
  return output.replace(/\s+/g, " ");
}
