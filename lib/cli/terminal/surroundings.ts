/** What a command receives from its process. */
export interface Surroundings {
  /** The project's folder. */
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

/** The surroundings of this process. */
export function processSurroundings(): Surroundings {
  return {
    directory: process.cwd(),
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  };
}
