/** Version ids by what the versions are to a rotation. */
export interface Stages {
  /** What services read. */
  readonly current?: string | undefined;

  /** What a rotation that is not over has made. Also current between its promotion and its end. */
  readonly pending?: string | undefined;

  /** What services read before. */
  readonly previous?: string | undefined;
}

/** The versions of one secret, as a rotation sees them. A version that is being made has the rotation's token as its id. */
export interface SecretVersions {
  /** What the secret is called, for messages. */
  readonly secretId: string;

  stages(): Promise<Stages>;

  /** The value of one of the versions that `stages` named last; nothing while it has none. */
  value(versionId: string | undefined): Promise<string | undefined>;

  /** The current value of another secret. */
  currentValueOf(secretId: string): Promise<string | undefined>;

  /** Stores a new value as pending. A value that the version has already stays as it is. */
  putPending(versionId: string, value: string): Promise<void>;

  /** Makes a pending version current, and the one that was current previous. @param from what was current */
  promote(versionId: string, from: string | undefined): Promise<void>;

  /** Ends the rotation that made a version. */
  clearPending(versionId: string): Promise<void>;
}
