const usual = /\{mac\w*\}|\$\{?ma(?:c\w*|u)?\}?(?![a-z])|<mac\w*>|%mac\w*/i;

/**
 * The first placeholder for a MAC that stands in a path as it is: `{mac}`, `$MA`, `$mac`, `<mac>`, `%MACD`. Firmware fills in
 * only those that it knows; what it does not know it asks for as it stands.
 */
export const placeholderIn = (path: string): string | undefined => usual.exec(path)?.[0];
