const text = 'text/plain; charset=utf-8';

const types: Readonly<Record<string, string>> = {
  cfg: text,
  conf: text,
  boot: text,
  txt: text,
  log: text,
  csv: 'text/csv; charset=utf-8',
  xml: 'application/xml',
  json: 'application/json',
  htm: 'text/html; charset=utf-8',
  html: 'text/html; charset=utf-8',
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
  ogg: 'audio/ogg',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  bmp: 'image/bmp',
  svg: 'image/svg+xml',
  pdf: 'application/pdf',
  zip: 'application/zip',
  gz: 'application/gzip',
  tar: 'application/x-tar',
};

/** By the ending of the name; what is not known, firmware above all, are bytes. */
export function contentType(file: string): string {
  const ending = /\.([^.]*)$/.exec(file)?.[1]?.toLowerCase() ?? '';
  return (Object.hasOwn(types, ending) && types[ending]) || 'application/octet-stream';
}
