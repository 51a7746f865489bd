import { type IncomingMessage, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { until } from '../../support/until.ts';

export interface Told {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly id: number; readonly event: string; readonly data: Readonly<Record<string, unknown>> };
}

/** Listens as a browser's EventSource does (HTML Living Standard, 9.2.6), without connecting again. */
export async function listen(port: number, path = '/api/v1/events', headers: Record<string, string> = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked = request({ host: '127.0.0.1', port, path, headers, agent: false });
  asked.on('response', resolve).on('error', reject).end();
  onTestFinished(() => void asked.destroy());
  const response = await promise;
  const told: Told[] = [];
  let text = '';
  let isOver = false;
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = eventIn(text.slice(0, end));
      text = text.slice(end + 2);
      if (event) told.push(event);
    }
  });
  response.on('error', () => {});
  response.on('close', () => {
    isOver = true;
  });
  return {
    ...{ response, told },
    leave: () => asked.destroy(),
    heard: (count: number) =>
      until(
        () => `${count} events, not ${told.length}`,
        () => told.length >= count && told,
      ),
    over: () => until('the end of the stream', () => isOver),
  };
}

function eventIn(block: string): Told | undefined {
  const fields = new Map(
    block.split('\n').map((line) => [/^[^:]*/.exec(line)?.[0] ?? '', line.replace(/^[^:]*: ?/, '')]),
  );
  const data = fields.get('data');
  return data === undefined
    ? undefined
    : { id: fields.get('id') ?? '', event: fields.get('event') ?? '', data: JSON.parse(data) };
}
