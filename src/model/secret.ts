import { createHash, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

const dots = '••••••••';

/**
 * A password. It prints as dots wherever it is printed by accident (string, template literal, JSON, `console.log`);
 * only `reveal` gives the text, and only the renderer and the SIP digest call it.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. For a phone's file, for a digest, and to see whether it is easily guessed: nothing else. */
  static reveal(secret: Secret): string {
    return secret.#text;
  }

  /** Compares in constant time, whatever the lengths. */
  equals(other: Secret): boolean {
    const digest = (secret: Secret) => createHash('sha256').update(secret.#text).digest();
    return timingSafeEqual(digest(this), digest(other));
  }

  get isEmpty(): boolean {
    return this.#text === '';
  }

  toString(): string {
    return dots;
  }

  toJSON(): string {
    return dots;
  }

  [Symbol.toPrimitive](): string {
    return dots;
  }

  [inspect.custom](): string {
    return dots;
  }
}
