/** A password as it is written: the text, or where it is kept. */
export type RawSecret = string | { readonly env: string } | { readonly file: string } | { readonly age: string };
