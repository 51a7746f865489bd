import {
  familyNames,
  firstWords,
  flagsEverywhere,
  type Offers,
  type ShellFlag,
  secondWords,
  shellVerbs,
} from './words.ts';

/** What fish runs at a Tab: `offhook completion fish | source`, or a file in its folder of completions. */
export const fishScript = (): string => `# Made by \`offhook completion fish\`
complete -c offhook -e
complete -c offhook -f

function __offhook_verb -d 'The words that are no flags, before the cursor'
    set -l words (commandline -opc)
    set -e words[1]
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
        else if contains -- $word ${flagsEverywhere
          .filter(({ offers }) => offers !== undefined)
          .map(({ name }) => `--${name}`)
          .join(' ')}
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

function __offhook_is -d 'Whether the verb is this one'
    set -l words (__offhook_verb)
    set -l length (count (string split ' ' -- $argv[1]))
    test (count $words) -ge $length; and test "$words[1..$length]" = "$argv[1]"
end

function __offhook_none
    test (count (__offhook_verb)) -eq 0
end

function __offhook_first -d 'Whether it is a family, and its verb is not there yet'
    set -l words (__offhook_verb)
    test (count $words) -eq 1; and test "$words[1]" = "$argv[1]"
end

function __offhook_words
    set -l words (commandline -opc)
    set -l place
    for index in (seq 2 (count $words))
        if contains -- $words[$index] --project --state --out; and test $index -lt (count $words)
            set -a place $words[$index] $words[(math $index + 1)]
        end
    end
    $words[1] completion $argv[1] --like (commandline -ct) $place 2>/dev/null
end

${flagsEverywhere.map((flag) => `complete -c offhook${flagText(flag)}`).join('\n')}
${firstWords.map(({ name, does }) => `complete -c offhook -n __offhook_none -a ${name} -d ${sq(does)}`).join('\n')}
${familyNames.flatMap((family) => secondWords(family).map(({ name, does }) => `complete -c offhook -n ${sq(`__offhook_first ${family}`)} -a ${name} -d ${sq(does)}`)).join('\n')}
${shellVerbs
  .flatMap(({ name, flags, words }) => {
    const is = `complete -c offhook -n ${sq(`__offhook_is "${name}"`)}`;
    return [
      ...flags.map((flag) => `${is}${flagText(flag)}`),
      ...words.map(({ offers }) => `${is}${offersText(offers)}`),
    ];
  })
  .join('\n')}
`;

const flagText = ({ name, does, offers }: ShellFlag): string =>
  ` -l ${name} -d ${sq(does)}${offers === undefined ? '' : ` -r${offersText(offers)}`}`;

function offersText(offers: Offers): string {
  if (typeof offers !== 'string') return ` -a ${sq(offers.join(' '))}`;
  return (
    { file: ' -F', folder: " -a '(__fish_complete_directories)'", nothing: '' }[offers as string] ??
    ` -a ${sq(`(__offhook_words ${offers})`)}`
  );
}

const sq = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
