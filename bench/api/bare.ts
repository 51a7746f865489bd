import { createReadStream, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fastify from 'fastify';

// node bench/api/bare.ts fastify|http FOLDER LIST
//
// The least that an answer could cost: the same bytes, ready in memory, by a route of fastify or a handler of node:http.
// Prints its port when it listens.

const [kind, folder = '', list = ''] = process.argv.slice(2);
const bodies = new Map<string, string>();
for await (const name of createInterface({ input: createReadStream(list) }))
  bodies.set(`/${name}`, readFileSync(join(folder, name), 'utf8'));

const json = 'application/json; charset=utf-8';

async function byFastify(): Promise<number> {
  const app = fastify();
  app.get('/*', (request, reply) => {
    void reply.type(json).send(bodies.get(request.url) ?? '');
  });
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
}

async function byHttp(): Promise<number> {
  const server = createServer((request, response) => {
    const body = bodies.get(request.url ?? '') ?? '';
    response.writeHead(200, { 'Content-Type': json, 'Content-Length': Buffer.byteLength(body) }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

console.log(await (kind === 'fastify' ? byFastify() : byHttp()));
