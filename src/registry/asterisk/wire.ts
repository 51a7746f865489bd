import { createLines } from '../lines.ts';

/** A message of the Asterisk Manager Interface: `Name: value` on each line, an empty line behind it. */
export interface AmiMessage {
  /** The first value of this name; '' for an empty one. */
  get(name: string): string | undefined;
  /** All values of it: some names come again. */
  all(name: string): readonly string[];
}

export interface AmiReader {
  /** A sentence when what comes is no AMI: then nothing more is read. */
  push(bytes: Uint8Array, message: (message: AmiMessage) => void): string | undefined;
}

/** Far more than any event has. */
const mostFields = 1_000;
const longestLine = 16_384;

/** Reads what a server sends, wherever it is cut. The greeting in the first line is skipped, and so is what is no field. */
export function createAmiReader(): AmiReader {
  const lines = createLines(longestLine);
  let fields: [string, string][] = [];
  let fault: string | undefined;

  function take(line: string, message: (message: AmiMessage) => void): void {
    if (line === '') {
      const done = fields;
      fields = [];
      if (done.length > 0) message(toMessage(done));
      return;
    }
    const colon = line.indexOf(':');
    if (colon > 0) fields.push([line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]);
    if (fields.length > mostFields) fault = `it sent a message of more than ${mostFields} lines`;
  }

  return {
    push(bytes, message) {
      if (fault !== undefined) return fault;
      const went = lines.push(bytes, (line) => {
        if (fault === undefined) take(line, message);
      });
      if (!went) fault ??= `it sent a line of more than ${longestLine} bytes`;
      return fault;
    },
  };
}

function toMessage(fields: readonly (readonly [string, string])[]): AmiMessage {
  const of = (name: string) => fields.filter(([key]) => key === name.toLowerCase()).map(([, value]) => value);
  return { get: (name) => of(name)[0], all: of };
}

/** An action. No value can add a line: control characters in one are written as blanks. */
export function writeAction(fields: readonly (readonly [name: string, value: string])[]): string {
  return `${fields.map(([name, value]) => `${name}: ${value.replace(/\p{Cc}+/gu, ' ')}\r\n`).join('')}\r\n`;
}
