import { fileURLToPath } from 'node:url';

const folder = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** What comes with the program: beside `src/`, and beside `dist/` when it is published. */
export const shipped = { schema: folder('schema'), templates: folder('templates') } as const;
export const starter = folder('starter');
