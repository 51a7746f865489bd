/** One `{% … %}` or `{# … #}`; a tag may go on over several lines. */
const tag = '\\{%(?:(?!%\\})[^])*%\\}|\\{#(?:(?!#\\})[^])*#\\}';
const standalone = new RegExp(`^([ \\t]*)((?:(?:${tag})[ \\t]*)+)(\\n|(?![^]))`, 'gm');
const opening = /^(\{[%#]-?)/;
const closing = /(-?[%#]\})[ \t]*$/;

/**
 * A line that holds nothing but tags leaves no trace in the output (as in Mustache), and every other line keeps its
 * line break. nunjucks' own `trimBlocks` would also join `x = {% if a %}1{% endif %}` with the line after it, which makes one
 * setting of two. The white space moves inside the tags, so that lines and columns of errors stay right.
 */
export function absorbStandaloneTags(source: string): string {
  return source.replace(standalone, (_, indent: string, tags: string, end: string) => {
    const inner = tags.replace(/(-?[%#]\})([ \t]+)(?=\{)/g, '$2$1');
    return inner.replace(opening, `$1${indent}`).replace(closing, `${end}$1`);
  });
}
