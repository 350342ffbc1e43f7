import { expect, test } from "@jest/globals";
import { TerraformStack, Testing } from "cdktf";
import { execa } from "execa";
import { rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { HostBackupTimer } from "../../../lib/backup/host-backup-timer";
import { Duration } from "../../../lib/core/duration";
import { Schedule } from "../../../lib/schedule/schedule";
import { scratchDirectory } from "../../support/repository";
import { requires } from "../../support/requirements";

requires("systemd")("the units of a backup timer", () => {
  test.each([
    ["a crontab", Schedule.cron("0 0 13 * 5")],
    ["the last Friday", Schedule.onCalendar("Fri *-*~07/1 03:00 Europe/Berlin")],
    ["a rate", Schedule.aws("rate(5 hours)")],
  ])(
    "have nothing that systemd complains about: %s",
    async (_kind, schedule) => {
      // GIVEN
      const directory = scratchDirectory("units");
      try {
        const { files } = new HostBackupTimer(new TerraformStack(Testing.app(), "test"), "timer", {
          name: "app-ef",
          schedule,
          planFile: "/etc/sterna/backups/app-ef.json",
          user: "root",
          // The program has to be there.
          sternaPath: "/usr/bin/env",
          writablePaths: ["/var/backups"],
          credentials: { "database-password": "/etc/sterna/secrets/database" },
          jitter: Duration.minutes(20),
          onFailureUnit: "rescue.target",
        });
        const paths = files.map(({ path, content }) => {
          const target = join(directory, basename(path));
          writeFileSync(target, content);
          return target;
        });
        // WHEN
        const verified = await execa("systemd-analyze", ["verify", "--man=no", ...paths], { reject: false });
        // THEN anything that is printed is a failure, whatever the exit status
        expect(verified).toMatchObject({ stdout: "", stderr: "", exitCode: 0 });
        const security = await execa("systemd-analyze", ["security", "--offline=true", paths[0]!], { reject: false });
        const exposure = /exposure level for \S+: ([\d.]+)/.exec(security.stdout)?.[1];
        expect(Number(exposure)).toBeLessThan(4);
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
    30_000,
  );
});
