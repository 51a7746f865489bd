import {
  familyNames,
  firstWords,
  flagsEverywhere,
  type Offers,
  type ShellFlag,
  type ShellVerb,
  secondWords,
  shellVerbs,
} from './words.ts';

/** What zsh runs at a Tab: as a file \`_offhook\` in \`fpath\`, or by \`source <(offhook completion zsh)\`. */
export const zshScript = (): string => `#compdef offhook
# Made by \`offhook completion zsh\`

_offhook_words() {
  local -a found place
  local flag
  for flag in --project --state --out; do
    [[ -n \${opt_args[$flag]} ]] && place+=($flag \${(Q)opt_args[$flag]})
  done
  # A colon ends the word for _describe.
  found=(\${(f)"$($_offhook_command completion $1 --like "$PREFIX" $place 2>/dev/null | sed -e 's/:/\\\\:/g' -e 's/\\t/:/')"})
  _describe -t $1 $1 found
}

_offhook() {
  local curcontext=$curcontext state line _offhook_command=$words[1]
  typeset -A opt_args
  local -a everywhere=(
${flagsEverywhere.map((flag) => `    ${argument(flag)}`).join('\n')}
  )
  _arguments -C $everywhere '1: :->verb' '*:: :->rest' && return
  case $state in
    verb)
      local -a verbs=(${firstWords.map(described).join(' ')})
      _describe -t verbs verb verbs
      ;;
    rest)
      case $line[1] in
${shellVerbs
  .filter(({ name }) => !name.includes(' '))
  .map((verb) => `        ${verb.name}) ${argumentsOf(verb)} ;;`)
  .join('\n')}
${familyNames.map(familyText).join('\n')}
      esac
      ;;
  esac
}

if [[ $funcstack[1] == _offhook ]]; then
  _offhook "$@"
else
  compdef _offhook offhook
fi
`;

function familyText(family: string): string {
  const all = secondWords(family);
  return `        ${family})
          local curcontext2=$curcontext
          _arguments -C $everywhere '1: :->second' '*:: :->more' && return
          case $state in
            second)
              local -a seconds=(${all.map(described).join(' ')})
              _describe -t verbs verb seconds
              ;;
            more)
              case $line[1] in
${all.map((verb) => `                ${verb.name}) ${argumentsOf(verb)} ;;`).join('\n')}
              esac
              ;;
          esac
          ;;`;
}

function argumentsOf({ flags, words }: ShellVerb): string {
  const each = words.map(({ offers, isMany }, index) => sq(`${isMany ? '*' : index + 1}: :${action(offers)}`));
  return ['_arguments', '$everywhere', ...flags.map(argument), ...each].join(' ');
}

const argument = ({ name, does, offers }: ShellFlag): string =>
  sq(`--${name}[${plain(does)}]${offers === undefined ? '' : `:${name}:${action(offers)}`}`);

/** With a blank before it, so that nothing is put between the function and its word. */
function action(offers: Offers): string {
  if (typeof offers !== 'string') return `(${offers.join(' ')})`;
  return { file: '_files', folder: '_files -/', nothing: '' }[offers as string] ?? ` _offhook_words ${offers}`;
}

const described = ({ name, does }: { readonly name: string; readonly does: string }): string =>
  sq(`${name}:${does.replaceAll(':', '\\:')}`);

/** Brackets and colons mean something to _arguments. */
const plain = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');
const sq = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
