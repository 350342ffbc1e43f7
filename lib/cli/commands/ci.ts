import { Command } from "commander";
import { ciAffectedCommand, ciCommentCommand, ciIssueCommand, ciProposeCommand, ciReviewCommand } from "./ci-jobs";
import { ciWriteCommands } from "./ci-write";
import type { CommandRunner } from "./command";

export function ciCommand(run: CommandRunner): Command {
  const command = new Command("ci").description(
    "write pipelines for GitHub, GitLab and Atlantis, and do the work of their jobs",
  );
  for (const write of ciWriteCommands(run)) command.addCommand(write);
  return command
    .addCommand(ciAffectedCommand(run))
    .addCommand(ciCommentCommand(run))
    .addCommand(ciReviewCommand(run))
    .addCommand(ciIssueCommand(run))
    .addCommand(ciProposeCommand(run));
}
