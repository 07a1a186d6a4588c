/**
 * The scripts that shells load. Each asks the command itself what completes the line, so that it never has to be loaded anew:
 * `beatx __complete -- WORDS` prints a line for each candidate, a tab and what it means, or `:files`.
 */

/** The name of the hidden command that a script asks. */
export const COMPLETE = "__complete";
/** The answer of the hidden command if a file is wanted: shells know files better. */
export const FILES = ":files";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Bash breaks words at `:` and `=`, which entry names and URIs have, and inserts only what comes after the last of them. */
const BASH = `# Completion of beatx for bash. Load it with:  source <(beatx completion bash)
_beatx_complete() {
  local rest="\${COMP_LINE:0:COMP_POINT}" index word current quote breaks="" line reply
  local -a words=()
  for ((index = 0; index <= COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if ((index > 0)) && [[ -n "$word" && "\${rest:0:1}" != [[:space:]] && -n "$rest" ]]; then
      ((index == COMP_CWORD)) && word="\${rest}"
      words[\${#words[@]}-1]+="$word"
    else
      rest="\${rest#"\${rest%%[![:space:]]*}"}"
      ((index == COMP_CWORD)) && word="\${rest}"
      words+=("$word")
    fi
    rest="\${rest#"$word"}"
  done
  quote="\${words[\${#words[@]}-1]:0:1}"
  for index in "\${!words[@]}"; do
    word="\${words[index]#[\\"\\']}"
    words[index]="\${word//\\\\/}"
  done
  current="\${words[\${#words[@]}-1]}"
  [[ "$COMP_WORDBREAKS" == *:* ]] && breaks+=":"
  [[ "$COMP_WORDBREAKS" == *=* ]] && breaks+="="
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ "$line" == "${FILES}" ]]; then
      compopt -o default 2>/dev/null
      return
    fi
    reply="\${line%%$'\\t'*}"
    if [[ -n "$breaks" && "$current" == *["$breaks"]* ]]; then
      reply="\${reply#"\${current%"\${current##*["$breaks"]}"}"}"
    fi
    [[ "$quote" == "'" || "$quote" == '"' ]] || printf -v reply '%q' "$reply"
    COMPREPLY+=("$reply")
  done < <("\${1/#\\~/$HOME}" ${COMPLETE} -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _beatx_complete beatx
`;

const ZSH = `#compdef beatx
# Completion of beatx for zsh. Load it with:  source <(beatx completion zsh)
# or write it to a file _beatx in a folder of $fpath.
_beatx() {
  local line
  local -a lines words_typed values shown
  words_typed=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
  lines=("\${(@f)$("\${(Q)words[1]}" ${COMPLETE} -- "\${words_typed[@]}" 2>/dev/null)}")
  if [[ "\${lines[1]}" == "${FILES}" ]]; then
    _files
    return
  fi
  for line in "\${lines[@]}"; do
    [[ -z "$line" ]] && continue
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done
  (( \${#values} )) && compadd -l -d shown -a values
}
if [[ "\${funcstack[1]}" == "_beatx" ]]; then
  _beatx "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
  compdef _beatx beatx
fi
`;

const FISH = `# Completion of beatx for fish. Load it with:  beatx completion fish | source
function __beatx_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    # The word at the cursor comes as it was typed, with its quotes.
    set -l current (commandline -ct | string replace -r '^["\\']' '' | string replace -a '\\\\' '')
    set -l lines ($program ${COMPLETE} -- $words "$current" 2>/dev/null)
    if test "$lines[1]" = "${FILES}"
        __fish_complete_path (commandline -ct)
        return
    end
    printf '%s\\n' $lines
end
complete -c beatx -f -a '(__beatx_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
