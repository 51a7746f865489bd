import { join, resolve } from 'node:path';
import { createLog } from '../src/log.ts';
import { createDaemon } from '../src/serve.ts';

// The daemon as the command line starts it, but with no patience: so that ten thousand edits take minutes, not an hour.

const root = resolve(import.meta.dirname, '..');
const dir = process.argv[2] ?? '.';
const daemon = createDaemon({
  project: { dir, shipped: { schema: join(root, 'schema'), templates: join(root, 'templates') } },
  ...{ out: join(dir, 'out'), state: join(dir, '.offhook'), host: '127.0.0.1', httpPort: 0, tftpPort: 0 },
  workers: Number(process.argv[3] ?? 0),
  notify: false,
  log: createLog((line) => void process.stderr.write(line)),
  timing: { watch: { quiet: 2, most: 50, scan: 500 }, retry: 200 },
});
process.once('SIGTERM', () => void daemon.stop());
await daemon.start();
