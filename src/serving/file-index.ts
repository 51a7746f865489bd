import type { FileEntry } from '../model/file.ts';

/** What serving knows of a file of the build. */
export type IndexedFile = Omit<FileEntry, 'secrets'>;

/** The files of the last accepted build, by their names in lower case; a Map of them is one. */
export interface FileIndex {
  get(name: string): IndexedFile | undefined;
}
