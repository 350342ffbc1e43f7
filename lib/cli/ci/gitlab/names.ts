/** Name of the job that plans a stack; the job that applies looks for it. */
export function planJobName(stack: string): string {
  return `sterna-plan-${stack}`;
}
