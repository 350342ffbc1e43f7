import { Argument, type Command } from "commander";
import { type CommandRunner, EXIT_STATUS, newCommand } from "../terminal/command";
import type { CommonOptions } from "../terminal/terminal";

/** Scripts that call `sterna __complete <words…>` for the candidates, one per line. */
const SCRIPTS = {
  bash: `# Completion of sterna for bash: source <(sterna completion bash)
_sterna() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(sterna __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _sterna sterna
`,
  zsh: `#compdef sterna
# Completion of sterna for zsh: source <(sterna completion zsh)
_sterna() {
  local -a found
  found=("\${(@f)$(sterna __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a found
}
compdef _sterna sterna
`,
  fish: `# Completion of sterna for fish: sterna completion fish | source
complete --command sterna --no-files --arguments '(sterna __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
} as const;

type Shell = keyof typeof SCRIPTS;
const SHELLS = Object.keys(SCRIPTS) as Shell[];

export function completionCommand(run: CommandRunner): Command {
  return newCommand("completion", "print a script that completes commands, systems and environments in a shell", {
    "source <(sterna completion bash)": "in ~/.bashrc",
    "source <(sterna completion zsh)": "in ~/.zshrc, after compinit",
    "sterna completion fish | source": "in ~/.config/fish/config.fish",
  })
    .addArgument(new Argument("<shell>", `one of ${SHELLS.join(", ")}`).choices(SHELLS))
    .action((name: Shell, options: CommonOptions) =>
      run(options, async ({ terminal, surroundings }) => {
        terminal.printJson({ name, script: SCRIPTS[name] });
        if (!terminal.json) surroundings.stdout.write(SCRIPTS[name]);
        return EXIT_STATUS.done;
      }),
    );
}
