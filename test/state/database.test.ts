import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase, openForReading, transaction } from '../../src/state/database.ts';
import { linesLog, stateFolder } from './folder.ts';

const first = 'CREATE TABLE words (word TEXT NOT NULL) STRICT';
const second =
  "ALTER TABLE words ADD COLUMN language TEXT NOT NULL DEFAULT 'en'; CREATE INDEX words_word ON words (word)";

test('a file of an earlier version is brought forward with its rows, step by step, once', () => {
  const path = join(stateFolder(), 'words.db');
  const { log, lines } = linesLog();
  const old = openDatabase({ path, migrations: [first], log });
  old.exec("INSERT INTO words VALUES ('desk'), ('phone')");
  old.close();
  expect(() => openForReading({ path, migrations: [first, second] })).toThrow('is of an earlier version of offhook');
  for (let time = 0; time < 2; time++) {
    const database = openDatabase({ path, migrations: [first, second], log });
    expect(database.prepare('SELECT word || language AS text FROM words').all()).toMatchObject([
      { text: 'desken' },
      { text: 'phoneen' },
    ]);
    database.close();
  }
  expect(() => openDatabase({ path, migrations: [first], log })).toThrow(
    'is of version 2, from a later offhook; this one knows up to 1',
  );
  expect(lines).toEqual([]);
});

test('a step that fails leaves the file as it was, and does not move it aside', () => {
  const folder = stateFolder();
  const path = join(folder, 'words.db');
  const { log } = linesLog();
  openDatabase({ path, migrations: [first], log }).close();
  expect(() => openDatabase({ path, migrations: [first, `${second}; SELECT nonsense`], log })).toThrow('nonsense');
  const database = openForReading({ path, migrations: [first] })!;
  expect(database.prepare('SELECT * FROM words').columns()).toHaveLength(1);
  database.close();
  expect(readdirSync(folder).filter((name) => name.includes('corrupt'))).toEqual([]);
});

test('a transaction is all or nothing', () => {
  const { log } = linesLog();
  const database = openDatabase({ path: join(stateFolder(), 'words.db'), migrations: [first], log });
  const insert = database.prepare('INSERT INTO words VALUES (?)');
  const work = () => {
    insert.run('desk');
    insert.run(null);
  };
  expect(() => transaction(database, work)).toThrow('NOT NULL');
  expect(database.isTransaction).toBe(false);
  expect(transaction(database, () => insert.run('phone').changes)).toBe(1);
  expect(database.prepare('SELECT word FROM words').all()).toMatchObject([{ word: 'phone' }]);
  database.close();
});
