import { hash } from 'node:crypto';
import type { App } from './app.ts';

/** Answers under `/api/v1/` have an ETag of their bytes, and are not sent again to whoever has them (RFC 9110, 13.1.2). */
export function addEtags(app: App): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const isOurs = request.method === 'GET' && request.url.startsWith('/api/v1/') && reply.statusCode === 200;
    if (!isOurs || typeof payload !== 'string') return done(null, payload);
    // Of what stands in a file it begins with that of the file, by which it is changed (`If-Match`).
    const file = String(reply.getHeader('etag') ?? '').replaceAll('"', '');
    const tag = `"${file && `${file}.`}${hash('sha256', payload, 'base64url').slice(0, 27)}"`;
    void reply.headers({ etag: tag, 'cache-control': 'private, no-cache' });
    const known = request.headers['if-none-match'];
    if (known === undefined || !isAmong(tag, known)) return done(null, payload);
    void reply.code(304).removeHeader('content-type').removeHeader('content-length');
    done(null, null);
  });
}

const isAmong = (tag: string, known: string): boolean =>
  known === '*' || known.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
