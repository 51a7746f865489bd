// A process of its own, for tests that take its descriptors away: prints its port, and on SIGTERM its facts.

import { serveHttp } from './http.ts';
import { createOut } from './out.ts';

const out = await createOut();
await out.build('a.cfg', 'bytes');
await out.put('b.rom', Buffer.alloc(1_000_000));
const server = await serveHttp(out);
process.once('SIGTERM', async () => {
  await server.stop();
  await out.remove();
  process.stdout.write(`${JSON.stringify(server.facts)}\n`);
});
process.stdout.write(`${server.port}\n`);
