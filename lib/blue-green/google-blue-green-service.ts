import { CloudRunV2Service } from "@cdktf/provider-google/lib/cloud-run-v2-service";
import { CloudRunV2ServiceIamMember } from "@cdktf/provider-google/lib/cloud-run-v2-service-iam-member";
import { SecretManagerSecretIamMember } from "@cdktf/provider-google/lib/secret-manager-secret-iam-member";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account";
import { Construct } from "constructs";
import { Duration } from "../core/duration";
import { applyTransform } from "../core/transform";
import { SystemStack } from "../environments/system-stack";
import type { Colour } from "../releases/rollout";
import { sortedByName } from "./environment-variables";
import type { CloudRunIngress, GoogleBlueGreenServiceProps } from "./google-blue-green-service-props";
import { validateGoogleBlueGreenService } from "./google-blue-green-service-validation";
import { revisionTemplate, revisionTraffic } from "./google-revision";
import { secretVersion } from "./secret-version";

const INGRESS: Readonly<Record<CloudRunIngress, string>> = {
  all: "INGRESS_TRAFFIC_ALL",
  internal: "INGRESS_TRAFFIC_INTERNAL_ONLY",
  "internal-and-cloud-load-balancing": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
};

/**
 * A service in two colours on Cloud Run: a revision for each colour that exists. Which release each runs and how the
 * traffic is shared follow from the rollout in `releases.json`; no other change of the stack moves traffic.
 *
 * Emits `google_cloud_run_v2_service`, a service account, and a grant for each secret and for each invoker.
 */
export class GoogleBlueGreenService extends Construct {
  /** The service itself. */
  readonly resource: CloudRunV2Service;

  /** E-mail address of the service account that the application runs as: what to give permissions to. */
  readonly serviceAccountEmail: string;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/blue-green.md` */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: GoogleBlueGreenServiceProps,
  ) {
    super(scope, id);
    validateGoogleBlueGreenService(props, this);
    this.serviceAccountEmail = props.serviceAccountEmail ?? this.addServiceAccount();
    const config = {
      name: props.serviceName,
      location: props.location,
      project: props.project,
      ingress: INGRESS[props.ingress ?? "internal"],
      deletionProtection: props.deletionProtection ?? true,
      template: revisionTemplate(props, this.serviceAccountEmail),
      traffic: revisionTraffic(props),
      // A revision whose secrets cannot be read does not start.
      dependsOn: this.grantSecrets(),
    };
    this.resource = new CloudRunV2Service(this, "Resource", applyTransform(config, props.transform?.service));
    this.grantInvocation();
    const stack = this.node.scopes.find((ancestor) => ancestor instanceof SystemStack);
    stack?.declareRollout({
      bakeSeconds: (props.bakeTime ?? Duration.minutes(10)).toSeconds({ integral: false }),
      // Those of Cloud Monitoring are not read, and CloudWatch has none for it.
      alarms: { blue: [], green: [] },
    });
  }

  /** URL of the service, which shares traffic out. Known after apply. */
  get url(): string {
    return this.resource.uri;
  }

  /**
   * URL that always reaches one colour, whatever its share is. Known after apply.
   *
   * @returns nothing when the rollout has none of this colour
   */
  tagUrl(colour: Colour): string | undefined {
    const index = this.props.rollout.colours.indexOf(colour);
    return index === -1 ? undefined : this.resource.trafficStatuses.get(index).uri;
  }

  private addServiceAccount(): string {
    const { serviceName, project, transform } = this.props;
    const config = { accountId: `${serviceName}-run`, displayName: `Runs ${serviceName}`, project };
    return new ServiceAccount(this, "ServiceAccount", applyTransform(config, transform?.serviceAccount)).email;
  }

  /** One grant for each secret, however many variables read it. */
  private grantSecrets(): SecretManagerSecretIamMember[] {
    const names = new Map<string, string>();
    for (const [name, reference] of sortedByName(this.props.secrets ?? {})) {
      const { secret } = secretVersion(reference);
      if (!names.has(secret)) names.set(secret, name);
    }
    return [...names].map(
      ([secretId, name]) =>
        new SecretManagerSecretIamMember(this, `Secret-${name}`, {
          secretId,
          project: secretId.startsWith("projects/") ? undefined : this.props.project,
          role: "roles/secretmanager.secretAccessor",
          member: `serviceAccount:${this.serviceAccountEmail}`,
        }),
    );
  }

  private grantInvocation(): void {
    const { name, location, project } = this.resource;
    for (const [id, member] of Object.entries(this.props.invokers ?? {})) {
      new CloudRunV2ServiceIamMember(this, `Invoker-${id}`, {
        name,
        location,
        project,
        role: "roles/run.invoker",
        member,
      });
    }
  }
}
