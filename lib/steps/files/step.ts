import type { Construct } from "constructs";
import type { Text } from "../../manifest/text";
import { Step, type StepProps } from "../../migrations/migration";

/** Properties of a `FilesStep`. */
export interface FilesStepProps extends StepProps {
  /** Directory that holds the files. It is read and never changed. */
  readonly directory: Text;

  /** Bucket in S3 that gets them. The name of a bucket in the same stack makes the step wait for the bucket. */
  readonly bucket: Text;

  /**
   * Region of the bucket.
   * @default - the region of the credentials
   */
  readonly region?: Text;

  /**
   * Beginning of the keys: empty, or ending with a slash.
   * @default ""
   */
  readonly prefix?: string;

  /**
   * What is done about symbolic links: refuse the step, leave them out, or upload what they lead to.
   * @default "refuse"
   */
  readonly symlinks?: "refuse" | "skip" | "follow";
}

/**
 * Uploads the files of a directory to a bucket. Verifies itself by a manifest of SHA-256 digests; its rollback deletes the
 * objects that it made.
 */
export class FilesStep extends Step {
  /** @throws ValidationError what `Step` throws */
  constructor(scope: Construct, id: string, props: FilesStepProps) {
    const { directory, bucket, region, prefix, symlinks } = props;
    super(scope, id, props, () => ({ program: { kind: "files", directory, bucket, region, prefix, symlinks } }));
  }
}
