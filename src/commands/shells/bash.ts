import {
  familyNames,
  firstWords,
  flagsEverywhere,
  type Offers,
  type ShellFlag,
  secondWords,
  shellVerbs,
} from './words.ts';

/** What bash runs at a Tab. It takes words by blanks alone, since bash breaks them at the colons of a MAC. */
export const bashScript = (): string => `# Made by \`offhook completion bash\`: source <(offhook completion bash)
_offhook_behind() {
  case "$1 $2" in
${shellVerbs.flatMap(({ name, flags }) => flags.filter(hasValue).map((flag) => `    ${sq(`${name} --${flag.name}`)}) REPLY=${offersOf(flag.offers)} ;;`)).join('\n')}
${flagsEverywhere
  .filter(hasValue)
  .map((flag) => `    *${sq(` --${flag.name}`)}) REPLY=${offersOf(flag.offers)} ;;`)
  .join('\n')}
    *) REPLY= ;;
  esac
}

_offhook() {
  local line=\${COMP_LINE:0:COMP_POINT} verb= count=0 word i REPLY
  local -a words place=()
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  local last=$((\${#words[@]} - 1))
  local cur=\${words[last]}
  for ((i = 1; i < last; i++)); do
    word=\${words[i]}
    case $word in
      --*=*) ;;
      -*)
        _offhook_behind "$verb" "$word"
        if [[ $REPLY ]]; then
          ((i + 1 < last)) && case $word in --project | --state | --out) place+=("$word" "\${words[i + 1]}") ;; esac
          ((i++))
        fi
        ;;
      *)
        case $verb in
          '' | ${familyNames.join(' | ')}) verb=\${verb:+$verb }$word ;;
          *) ((count++)) ;;
        esac
        ;;
    esac
  done
  local offers=
  if ((i > last)); then
    offers=$REPLY
  elif [[ $cur == --*=* ]]; then
    _offhook_behind "$verb" "\${cur%%=*}"
    offers=$REPLY
    cur=\${cur#*=}
  elif [[ $cur == -* ]]; then
    case $verb in
${shellVerbs.map(({ name, flags }) => `      ${sq(name)}) offers=${sq(flags.map(dashed).join(' '))} ;;`).join('\n')}
    esac
    offers="words:$offers ${flagsEverywhere.map(dashed).join(' ')}"
  else
    case "$verb/$count" in
      /*) offers=${sq(`words:${firstWords.map(({ name }) => name).join(' ')}`)} ;;
${familyNames
  .map(
    (family) =>
      `      ${sq(`${family}/0`)}) offers=${sq(
        `words:${secondWords(family)
          .map(({ name }) => name)
          .join(' ')}`,
      )} ;;`,
  )
  .join('\n')}
${shellVerbs.flatMap(({ name, words }) => words.map(({ offers, isMany }, index) => `      ${sq(`${name}/`)}${isMany ? '*' : index}) offers=${offersOf(offers)} ;;`)).join('\n')}
    esac
  fi
  case $offers in
    words:*) COMPREPLY=($(compgen -W "\${offers#words:}" -- "$cur")) ;;
    file) COMPREPLY=($(compgen -f -- "$cur")) && compopt -o filenames 2>/dev/null ;;
    folder) COMPREPLY=($(compgen -d -- "$cur")) && compopt -o filenames 2>/dev/null ;;
    device | target | group)
      COMPREPLY=($(compgen -W "$("\${words[0]}" completion "$offers" --like "$cur" "\${place[@]}" 2>/dev/null | cut -f 1)" -- "$cur"))
      ;;
    *) COMPREPLY=() ;;
  esac
  # What stands before the last colon is on the line already, as bash sees it.
  if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
    local before=\${cur%"\${cur##*:}"}
    COMPREPLY=("\${COMPREPLY[@]#"$before"}")
  fi
}
complete -F _offhook offhook
`;

const hasValue = ({ offers }: ShellFlag): boolean => offers !== undefined;
const dashed = ({ name }: ShellFlag): string => `--${name}`;
const offersOf = (offers: Offers | undefined): string =>
  typeof offers === 'string' ? offers : sq(`words:${(offers ?? []).join(' ')}`);

/** For bash nothing in it means anything. */
const sq = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
