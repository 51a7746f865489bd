import type { Device } from '../model/device.ts';
import type { Mac } from '../model/mac.ts';
import type { DatabaseSync } from './database.ts';

/** What many devices share is kept once: a fleet's rows are a third as long. */
export const partsTable = 'CREATE TABLE part (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;';

/**
 * Of each device what people know it by: the whole is a thousand bytes, of which a list of the fleet needs fifty.
 * `extensions`: of its lines, each between line breaks.
 */
export const knownTable = `
  CREATE TABLE known (
    out TEXT NOT NULL, mac TEXT NOT NULL, extensions TEXT NOT NULL, "group" TEXT, vendor TEXT NOT NULL,
    model TEXT NOT NULL, PRIMARY KEY (out, mac)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO known SELECT out, mac,
    char(10) || coalesce((SELECT group_concat(value ->> '$.extension', char(10)) FROM json_each(device, '$.lines')), '')
      || char(10),
    device ->> '$.group', device ->> '$.vendor', device ->> '$.model' FROM resolved;`;

export interface DeviceRows {
  /** Within a transaction; when that fails, `forget` what it would have put. */
  put(device: Device): void;
  remove(mac: Mac): void;
  forget(): void;
}

/** Remembers devices as they were resolved, secrets as dots. */
export function createDeviceRows(database: DatabaseSync, out: string): DeviceRows {
  const put = database.prepare('INSERT OR REPLACE INTO resolved VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM resolved WHERE out = ? AND mac = ?');
  const putKnown = database.prepare('INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?)');
  const removeKnown = database.prepare('DELETE FROM known WHERE out = ? AND mac = ?');
  const addPart = database.prepare('INSERT OR IGNORE INTO part (text) VALUES (?)');
  const partOf = database.prepare('SELECT id FROM part WHERE text = ?');
  let known = new WeakMap<object, number>();

  function idOf(part: object): number {
    const before = known.get(part);
    if (before !== undefined) return before;
    const text = JSON.stringify(part);
    addPart.run(text);
    const id = Number(partOf.get(text)?.id);
    known.set(part, id);
    return id;
  }

  return {
    put(device) {
      const lines = device.lines.map((line) => ({ ...line, sip: idOf(line.sip) }));
      const row = { ...device, server: idOf(device.server), settings: idOf(device.settings), lines };
      put.run(out, device.mac, JSON.stringify(row));
      const extensions = `\n${device.lines.map(({ extension }) => extension).join('\n')}\n`;
      putKnown.run(out, device.mac, extensions, device.group ?? null, device.vendor, device.model);
    },
    remove(mac) {
      remove.run(out, mac);
      removeKnown.run(out, mac);
    },
    forget() {
      known = new WeakMap();
    },
  };
}

/** A device as it was remembered: plain values. Undefined for one that never was. */
export function createDeviceReader(database: DatabaseSync, out: string): (mac: Mac) => unknown {
  const select = database.prepare('SELECT device FROM resolved WHERE out = ? AND mac = ?');
  const selectPart = database.prepare('SELECT text FROM part WHERE id = ?');
  const whole = (_: string, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    const parts = Object.entries(value).filter(([name, part]) => shared.has(name) && typeof part === 'number');
    for (const [name, id] of parts) Object.assign(value, { [name]: JSON.parse(String(selectPart.get(id)?.text)) });
    return value;
  };
  return (mac) => {
    const row = select.get(out, mac);
    return row === undefined ? undefined : JSON.parse(String(row.device), whole);
  };
}

/** Never numbers themselves. */
const shared: ReadonlySet<string> = new Set(['server', 'settings', 'sip']);
