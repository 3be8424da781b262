/** Shells that have a completion script. */
export type Shell = 'bash' | 'fish' | 'powershell' | 'zsh';

// Each script hands the words typed so far to `flux __complete` and offers what it answers. The last line of the
// answer is `:N`; the bit 4 of N says that file names are no help.

const bash = `# bash completion for flux
__flux_complete() {
    local cur words answer directive line
    COMPREPLY=()
    cur="\${COMP_WORDS[COMP_CWORD]}"
    words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
    if [[ "$cur" == "=" ]]; then
        cur=""
    fi
    answer="$(flux __complete "\${words[@]}" 2>/dev/null)" || return
    directive="\${answer##*:}"
    answer="\${answer%:*}"
    while IFS= read -r line; do
        line="\${line%%$'\\t'*}"
        if [[ -n "$line" && "$line" == "$cur"* ]]; then
            COMPREPLY+=("$line")
        fi
    done <<< "$answer"
    if (( (directive & 4) == 0 )) && [[ \${#COMPREPLY[@]} -eq 0 ]]; then
        compopt -o default 2>/dev/null
    fi
}
complete -F __flux_complete flux
`;

const zsh = `#compdef flux
# zsh completion for flux
_flux() {
    local answer directive line name text
    local -a candidates
    answer="$(flux __complete "\${(@)words[2,$CURRENT]}" 2>/dev/null)" || return
    directive="\${answer##*:}"
    answer="\${answer%:*}"
    while IFS= read -r line; do
        [[ -z "$line" ]] && continue
        name="\${line%%$'\\t'*}"
        text="\${line#*$'\\t'}"
        name="\${name//:/\\\\:}"
        if [[ "$line" == *$'\\t'* ]]; then
            candidates+=("$name:$text")
        else
            candidates+=("$name")
        fi
    done <<< "$answer"
    if (( \${#candidates} > 0 )); then
        _describe 'flux' candidates
    elif (( (directive & 4) == 0 )); then
        _files
    fi
}
compdef _flux flux
`;

const fish = `# fish completion for flux
function __flux_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (flux __complete $words[2..-1] "$current" 2>/dev/null)
    for line in $answer
        if not string match -q -r '^:[0-9]+$' -- $line
            echo $line
        end
    end
end
complete -c flux -f -a '(__flux_complete)'
`;

const powershell = `# powershell completion for flux
Register-ArgumentCompleter -CommandName 'flux' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($wordToComplete -eq '') { $words += '""' }
    $answer = & flux __complete @words 2>$null
    foreach ($line in $answer) {
        if ($line -match '^:[0-9]+$') { continue }
        $name, $text = $line -split "\`t", 2
        if (-not $text) { $text = $name }
        if ($name -like "$wordToComplete*") {
            [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $text)
        }
    }
}
`;

/** The script that a shell loads. */
export function completionScript(shell: Shell): string {
  return { bash, fish, powershell, zsh }[shell];
}
