import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { SternaError } from "../../core/sterna-error";
import { declareBucket } from "../buckets/bucket-declaration";
import { readBucket } from "../buckets/read-bucket";
import { EXIT_STATUS } from "../exit-status";
import type { CommonOptions } from "../terminal";
import { newCommand, type CommandRunner } from "./command";

interface AdoptBucketOptions extends CommonOptions {
  readonly output?: string;
}

export function adoptBucketCommand(run: CommandRunner): Command {
  return newCommand("bucket", "write the declaration of an S3 bucket that exists, with its own rules", {
    "sterna adopt bucket app-ef-files": "print the declaration; changes nothing",
    "sterna adopt bucket app-ef-files --output stacks/files.ts": "and write it to a new file",
  })
    .argument("<name>", "name of the bucket")
    .option("--output <file>", "write the declaration to this file, which must not be there")
    .action((name: string, options: AdoptBucketOptions, command: Command) =>
      // `adopt` takes the options that both have for its own, wherever they stand.
      run(command.optsWithGlobals<AdoptBucketOptions>(), async ({ surroundings, terminal }) => {
        const { source, functionName, additions, leftAlone } = declareBucket(
          await readBucket(name, surroundings.environment),
        );
        if (options.output === undefined) terminal.print(source);
        else writeNew(resolve(surroundings.directory, options.output), source);
        terminal.printJson({ bucket: name, functionName, source, additions, leftAlone });
        for (const addition of additions) terminal.report(`The next apply adds: ${addition}`);
        if (leftAlone.length > 0) terminal.report(`Not declared, and left as it is: ${leftAlone.join(", ")}`);
        return EXIT_STATUS.done;
      }),
    );
}

/** @throws SternaError `FileIsThere` */
function writeNew(path: string, source: string): void {
  try {
    writeFileSync(path, source, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new SternaError("FileIsThere", `${path} is there already, and nothing was written. Name another file.`);
  }
}
