/** Fails with everything that the program printed, when it ended with another exit status than expected. */
export function expectExit(
  result: { readonly exitCode?: number | undefined; readonly stdout: string; readonly stderr: string },
  expected = 0,
): void {
  if (result.exitCode === expected) return;
  throw new Error(`exit status ${result.exitCode}, expected ${expected}\n${result.stdout}\n${result.stderr}`);
}
