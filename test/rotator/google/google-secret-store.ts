import { GoogleSecretVersions, journalOf } from "../../../lib/rotator/google/secret-versions";
import { SecretManagerClient } from "../../../lib/clouds/google-secret-manager";
import {
  startGoogleSecretManagerContractModel,
  type GoogleSecretManagerContractModel,
} from "../../support/google-secret-manager-contract-model";
import type { SecretStore } from "../aws/secret-store";

/** The contract model of Google Secret Manager, with what tests ask of it again and again. */
export interface GoogleSecretStore extends SecretStore {
  readonly model: GoogleSecretManagerContractModel;
  readonly client: SecretManagerClient;

  /** The versions of a secret as another client sees them: one that crashes, for instance. */
  versionsOf(secretId: string, client?: SecretManagerClient): GoogleSecretVersions;

  /** From now on `latest` is no older than what is the last version now. */
  converge(secretId: string): void;

  /** What a service reads that asks for `latest`: any version since it converged. */
  latest(secretId: string): Record<string, string>;
}

export async function startGoogleSecretStore(): Promise<GoogleSecretStore> {
  const model = await startGoogleSecretManagerContractModel();
  const client = new SecretManagerClient({
    endpoint: model.endpoint,
    accessToken: async () => model.accessToken ?? "none",
  });
  const versionsOf = (secretId: string, by = client) => new GoogleSecretVersions(by, secretId);
  const converged = new Map<string, number>();
  let reads = 0;
  return {
    model,
    client,
    environment: { GOOGLE_SECRET_MANAGER_CUSTOM_ENDPOINT: model.endpoint },
    versionsOf,
    async create(name, value) {
      const secretId = `projects/test/secrets/${name}`;
      model.put(secretId, value);
      model.put(journalOf(secretId));
      return secretId;
    },
    async stages(secretId) {
      const { current, pending, previous } = await versionsOf(secretId).stages();
      const stages = { AWSCURRENT: current, AWSPENDING: pending, AWSPREVIOUS: previous };
      return Object.fromEntries(
        Object.entries(stages).filter((stage): stage is [string, string] => stage[1] !== undefined),
      );
    },
    async value(secretId, stage = "AWSCURRENT") {
      if (stage === "AWSCURRENT") return JSON.parse(model.values(secretId).at(-1)!) as Record<string, string>;
      const versions = versionsOf(secretId);
      const { pending, previous } = await versions.stages();
      const id = stage === "AWSPENDING" ? pending : previous;
      return JSON.parse((await versions.value(id))!) as Record<string, string>;
    },
    converge(secretId) {
      converged.set(secretId, model.values(secretId).length);
    },
    latest(secretId) {
      const values = model.values(secretId);
      const oldest = Math.max(1, converged.get(secretId) ?? 1);
      const number = values.length - (reads++ % (values.length - oldest + 1));
      return JSON.parse(values[number - 1]!) as Record<string, string>;
    },
    stop: () => model.stop(),
  };
}
