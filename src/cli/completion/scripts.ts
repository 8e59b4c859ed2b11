/**
 * cli/completion/scripts.ts — PURE: what a shell runs when TAB is pressed. It asks the program, so that it never says other than `--help` does.
 */

export const SHELLS = ['bash', 'zsh'] as const
export type CompletedShell = (typeof SHELLS)[number]

export function completionScript(shell: CompletedShell): string {
  return SCRIPTS[shell]
}

/** Words are what the shell takes for words: bash breaks them at `=` and `:`, which is undone here. */
const BASH = `# bash completion for tenant-isolation: source <(tenant-isolation completion bash)
_tenant_isolation() {
  local -a words=() lines=()
  local word glue='' index last directive
  for ((index = 1; index <= COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ \${#words[@]} -gt 0 && ( $word == [=:] || -n $glue ) ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    glue=''
    [[ $word == [=:] ]] && glue=yes
  done
  COMPREPLY=()
  while IFS= read -r word; do lines+=("$word"); done < <("\${COMP_WORDS[0]}" __complete -- "\${words[@]}" 2>/dev/null)
  [[ \${#lines[@]} -gt 0 ]] || return
  directive=\${lines[-1]}
  unset 'lines[-1]'
  last=\${words[-1]}
  [[ $last == *[=:]* ]] && last=\${last%"\${last##*[=:]}"} || last=''
  for word in "\${lines[@]}"; do
    word=\${word%%$'\\t'*}
    COMPREPLY+=("\${word#"$last"}")
  done
  [[ $directive == :4 ]] && compopt +o default
}
complete -o default -F _tenant_isolation tenant-isolation
`

const ZSH = `#compdef tenant-isolation
# zsh completion for tenant-isolation: source <(tenant-isolation completion zsh), or as _tenant-isolation in a folder of $fpath
_tenant-isolation() {
  local -a lines candidates
  local directive
  lines=("\${(@f)$("\${(Q)words[1]}" __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  directive=\${lines[-1]}
  lines=("\${(@)lines[1,-2]}")
  if (( \${#lines} )); then
    candidates=("\${(@)\${(@)lines//:/\\\\:}/$'\\t'/:}")
    _describe -V 'tenant-isolation' candidates
  elif [[ $directive == :0 ]]; then
    _files
  fi
}
if [[ $funcstack[1] == _tenant-isolation ]]; then
  _tenant-isolation "$@"
else
  compdef _tenant-isolation tenant-isolation
fi
`

const SCRIPTS: Readonly<Record<CompletedShell, string>> = { bash: BASH, zsh: ZSH }
