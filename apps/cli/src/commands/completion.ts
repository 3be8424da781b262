import { none } from '../framework/args-rules.ts';
import { type CommandModule, defineCommand } from '../framework/command.ts';
import { completionScript, type Shell } from '../framework/completion-scripts.ts';

const hints: Readonly<Record<Shell, string>> = {
  bash: '  # Load it in this shell\n  . <(flux completion bash)',
  zsh: '  # Load it in this shell\n  . <(flux completion zsh)',
  fish: '  # Load it in this shell\n  flux completion fish | source',
  powershell: '  # Load it in this shell\n  flux completion powershell | Out-String | Invoke-Expression',
};

/** `flux completion SHELL` */
export function completionCommand(shell: Shell): CommandModule {
  return defineCommand({
    long: `Print the completion script for ${shell}.`,
    example: hints[shell],
    flags: {},
    args: none,
    async run(context) {
      context.stdout(completionScript(shell));
    },
  });
}
