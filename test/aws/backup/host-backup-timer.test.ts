import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { App, TerraformStack, Testing } from "cdktf";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SystemsManagerPlacement } from "../../../lib/aws/backup/systems-manager-placement";
import { HostBackupTimer } from "../../../lib/backup/host-backup-timer";
import type { HostBackupTimerProps, HostFile } from "../../../lib/backup/host-backup-timer-props";
import { Duration } from "../../../lib/core/duration";
import { Schedule } from "../../../lib/schedule/schedule";
import { scratchDirectory } from "../../support/repository";
import { onlyResource, synthesize } from "../../support/synth";

const PROPS: HostBackupTimerProps = {
  name: "app-ef",
  schedule: Schedule.cron("0 2 * * *"),
  planFile: "/etc/sterna/backups/app-ef.json",
  user: "backup",
};

const timerOf = (props: Partial<HostBackupTimerProps> = {}) =>
  new HostBackupTimer(new TerraformStack(Testing.app(), "test"), "timer", { ...PROPS, ...props });

function contentOf(timer: HostBackupTimer, name: string): string {
  return timer.files.find(({ path }) => path.endsWith(`/${name}`))!.content;
}

describe("a backup timer of a host", () => {
  test("runs the plan at the time that the crontab said, and makes up for what was missed", () => {
    // WHEN
    const timer = contentOf(timerOf(), "app-ef.timer");
    // THEN
    expect(timer).toContain("\nOnCalendar=*-*-* 02:00:00 UTC\nPersistent=yes\n");
    expect(contentOf(timerOf(), "app-ef.service")).toContain(
      "\nExecStart=/usr/local/bin/sterna backup run /etc/sterna/backups/app-ef.json\n",
    );
  });

  test("shows the guides' two schedules to be two: cron at 02:00, and OnCalendar=daily at midnight", () => {
    const [cron, daily] = [Schedule.cron("0 2 * * *"), Schedule.onCalendar("daily")];
    const from = new Date("2027-01-01T12:00:00Z");
    expect(cron.nextRuns(1, from)).toEqual([new Date("2027-01-02T02:00:00Z")]);
    expect(daily.nextRuns(1, from)).toEqual([new Date("2027-01-02T00:00:00Z")]);
    expect(contentOf(timerOf({ schedule: daily }), "app-ef.timer")).toContain("OnCalendar=*-*-* 00:00:00 UTC");
  });

  test("verifies the newest backup every hour, and tells the same unit", () => {
    const timer = timerOf({ onFailureUnit: "notify@%n.service" });
    expect(contentOf(timer, "app-ef-verify.timer")).toContain("OnCalendar=*-*-* *:00:00 UTC");
    expect(contentOf(timer, "app-ef-verify.service")).toContain("sterna backup verify /etc/sterna/backups/app-ef.json");
    for (const unit of ["app-ef.service", "app-ef-verify.service"]) {
      expect(contentOf(timer, unit)).toContain("OnFailure=notify@%n.service");
    }
  });

  test("delays by a jitter, and a rate is not made up for", () => {
    const timer = timerOf({ schedule: Schedule.aws("rate(5 hours)"), jitter: Duration.minutes(20) });
    expect(contentOf(timer, "app-ef.timer")).toContain(
      "OnActiveSec=18000s\nOnUnitActiveSec=18000s\nPersistent=no\nRandomizedDelaySec=1200s\nFixedRandomDelay=yes",
    );
  });

  test("is a line of cron, if need be", () => {
    const timer = timerOf({ scheduler: "cron", schedule: Schedule.onCalendar("Mon..Fri 02:30 Europe/Berlin") });
    expect(timer.files.map(({ path }) => path)).toEqual(["/etc/cron.d/app-ef"]);
    expect(contentOf(timer, "app-ef")).toContain(
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nCRON_TZ=Europe/Berlin\n30 2 * * 1-5 backup /usr/local/bin/sterna backup run /etc/sterna/backups/app-ef.json",
    );
  });

  test.each(["cron", "systemd"] as const)("by %s finds the Node.js that sterna was installed beside", (scheduler) => {
    const place = "/opt/node/bin";
    const file = contentOf(
      timerOf({ scheduler, sternaPath: `${place}/sterna` }),
      scheduler === "cron" ? "app-ef" : "app-ef.service",
    );
    const path = `PATH=${place}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
    expect(file.split("\n")).toContain(scheduler === "cron" ? path : `Environment=${path}`);
  });

  test("runs from cron with what cron sets, also where Node.js is in /usr/local/bin only", () => {
    // GIVEN the file for cron, and a folder that stands for /usr/local/bin
    const directory = scratchDirectory("cron-path");
    try {
      mkdirSync(join(directory, "bin"));
      const write = (name: string, text: string) => writeFileSync(join(directory, "bin", name), text, { mode: 0o755 });
      write("only-here", "#!/bin/sh\nexit 0\n");
      write("sterna", "#!/usr/bin/env only-here\n");
      const file = contentOf(timerOf({ scheduler: "cron", sternaPath: join(directory, "bin", "sterna") }), "app-ef");
      const [, path] = /^PATH=(.*)$/m.exec(file)!;
      const [, command] = /^0 2 \* \* \* backup (.*)$/m.exec(file)!;
      // WHEN
      const status = (PATH: string) => spawnSync("/bin/sh", ["-c", command!], { env: { PATH } }).status;
      // THEN
      expect(status("/usr/bin:/bin")).toBe(127);
      expect(status(path!)).toBe(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("lets its files and what places them be changed", () => {
    // WHEN
    const stack = synthesize((scope) => {
      new AwsProvider(scope, "aws");
      const placement = SystemsManagerPlacement.byTags(
        { Role: "database" },
        { document: { tags: { team: "ef" } }, association: { maxConcurrency: "1" } },
      );
      const file = ({ path, content }: HostFile) => ({
        path: `${path}'s`,
        content: content.replace("Nice=10", "Nice=19"),
      });
      new HostBackupTimer(scope, "timer", { ...PROPS, placement, transform: { file } });
    });
    // THEN
    const document = onlyResource(stack, "aws_ssm_document");
    const script: string[] = JSON.parse(document.content as string).mainSteps[0].inputs.runCommand;
    expect(script).toContain(
      `mv '/etc/systemd/system/app-ef.timer'\\''s.new' '/etc/systemd/system/app-ef.timer'\\''s'`,
    );
    const [, service] = /^printf %s '([A-Za-z0-9+/=]+)'/.exec(script[2]!)!;
    expect(Buffer.from(service!, "base64").toString()).toContain("Nice=19");
    expect(document).toMatchObject({ tags: { team: "ef" } });
    expect(onlyResource(stack, "aws_ssm_association")).toMatchObject({ max_concurrency: "1" });
  });

  test("writes its files to the stack's folder without a placement", () => {
    // GIVEN
    const outdir = scratchDirectory("host-timer");
    try {
      const app = new App({ outdir });
      const timer = new HostBackupTimer(new TerraformStack(app, "test"), "timer", PROPS);
      // WHEN
      app.synth();
      // THEN
      const directory = join(outdir, "stacks", "test", "backup-timers", "app-ef");
      expect(readdirSync(directory).sort()).toEqual(
        ["app-ef-verify.service", "app-ef-verify.timer", "app-ef.service", "app-ef.timer"].sort(),
      );
      expect(readFileSync(join(directory, "app-ef.timer"), "utf8")).toBe(contentOf(timer, "app-ef.timer"));
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });

  test("is placed by Systems Manager without a word of it read by the shell", () => {
    // WHEN
    const stack = synthesize((scope) => {
      new AwsProvider(scope, "aws");
      new HostBackupTimer(scope, "timer", {
        ...PROPS,
        placement: SystemsManagerPlacement.byTags({ Role: "database" }),
      });
    });
    // THEN
    const { mainSteps } = JSON.parse(onlyResource(stack, "aws_ssm_document").content as string);
    const script: string[] = mainSteps[0].inputs.runCommand;
    const contents = script.flatMap((line) => /^printf %s '([A-Za-z0-9+/=]+)'/.exec(line)?.[1] ?? []);
    const files = contents.map((content) => Buffer.from(content, "base64").toString());
    expect(files).toEqual(timerOf().files.map(({ content }) => content));
    expect(script).toContain("systemctl restart 'app-ef.timer' 'app-ef-verify.timer'");
    expect(onlyResource(stack, "aws_ssm_association").targets).toEqual([{ key: "tag:Role", values: ["database"] }]);
  });

  test.each<[string, Partial<HostBackupTimerProps>, string]>([
    ["has a plan with a space", { planFile: "/etc/my plan.json" }, "InvalidBackupTimer"],
    ["has a relative plan", { planFile: "plan.json" }, "InvalidBackupTimer"],
    ["has a plan that means something to a shell", { planFile: "/etc/$(reboot).json" }, "InvalidBackupTimer"],
    ["has a line break in its user", { user: "root\nExecStartPre=/bin/true" }, "InvalidBackupTimer"],
    ["has a specifier in a path", { writablePaths: ["/srv/%h"] }, "InvalidBackupTimer"],
    ["has a failure unit that is none", { onFailureUnit: "notify" }, "InvalidBackupTimer"],
    ["wants cron to make up for runs", { scheduler: "cron", persistent: true }, "InvalidBackupTimer"],
    [
      "wants cron on the last day",
      { scheduler: "cron", schedule: Schedule.onCalendar("*-*~01") },
      "ScheduleUntranslatable",
    ],
    ["delays past the next run", { jitter: Duration.days(1) }, "JitterTooLong"],
    ["is placed on no instance", { placement: SystemsManagerPlacement.byTags({}) }, "InvalidBackupTimer"],
  ])("is refused when it %s", (_mistake, props, code) => {
    expect(() => timerOf(props)).toThrow(expect.objectContaining({ code }));
  });
});
