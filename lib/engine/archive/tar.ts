import { execa } from "execa";
import { EngineError } from "../engine-error";
import { rejectAborted } from "../files/abort";
import type { ArchiveContent } from "./archive-content";

/**
 * Writes a compressed archive of exactly this content.
 *
 * @throws EngineError `SourceChanged` when a file changed meanwhile, `StepFailed` when tar failed otherwise
 */
export async function createArchive(path: string, content: ArchiveContent, signal: AbortSignal): Promise<void> {
  const names = [
    ...content.directories,
    ...content.files.map((file) => file.path),
    ...content.links.map((link) => link.path),
  ];
  // Names from the standard input, with NUL between them, are never read as options, patterns or several names.
  const list = ["--directory=/", "--no-recursion", "--null", "--files-from=-"];
  // pax keeps names of any length and encoding, and sizes beyond 8 GB.
  await tar(
    ["--create", "--gzip", "--format=pax", `--file=${path}`, ...list],
    names.map((name) => `${name}\0`).join(""),
    signal,
  );
}

/** Extracts an archive into an existing directory. */
export async function extractArchive(path: string, directory: string, signal: AbortSignal): Promise<void> {
  await tar(["--extract", "--gzip", `--file=${path}`, `--directory=${directory}`], "", signal);
}

async function tar(options: readonly string[], input: string, signal: AbortSignal): Promise<void> {
  const { exitCode, stderr, originalMessage } = await rejectAborted(signal, async () => {
    const result = await execa("tar", options, {
      input,
      stdout: "ignore",
      reject: false,
      cancelSignal: signal,
      // Nothing else: TAR_OPTIONS and GZIP change what tar does, and secrets are none of its business.
      env: { PATH: process.env["PATH"], LC_ALL: "C" },
      extendEnv: false,
    });
    signal.throwIfAborted();
    return result;
  });
  if (exitCode === 0) return;
  // GNU tar: 1 means that some files changed while they were read (manual, "Return codes").
  throw new EngineError(
    exitCode === 1 ? "SourceChanged" : "StepFailed",
    exitCode === undefined
      ? `tar cannot be started (${originalMessage}); install it`
      : `tar ended with status ${exitCode}: ${stderr.slice(-LONGEST_MESSAGE)}`,
  );
}

const LONGEST_MESSAGE = 2000;
