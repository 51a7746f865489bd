/** Becomes a user without rights and tries to bind port 69; prints what the error says. */
import { createLog } from '../../src/log.ts';
import { createTftpServer } from '../../src/serving/tftp/server.ts';
import { lookupIn } from './tftp-site.ts';

process.setgid?.(65_534);
process.setuid?.(65_534);
const log = createLog(() => {});
const server = createTftpServer({ host: '127.0.0.1', port: 69, lookup: lookupIn({}), record: () => {}, log });
try {
  await server.start();
  process.stdout.write('bound');
  await server.stop();
} catch (error) {
  process.stdout.write(String(error));
}
