import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatFetch, logFetch } from '../../src/state/fetch-log.ts';
import { fetchOf, fullFetch } from './facts.ts';
import { linesLog } from './folder.ts';

test('every answer is one line of the log, with the device as people write it', () => {
  const { log, lines } = linesLog();
  logFetch(log, fullFetch);
  logFetch(log, fetchOf({ status: 404, bytes: 0, reason: 'no such file', path: '/a b' }));
  expect(lines).toEqual([
    'info fetch device=00:15:65:12:34:56 protocol=http address=127.0.0.2 method=GET path=/001565123456.cfg file=001565123456.cfg user_agent="Phone T1 66.86.0.15" model=T1 firmware=66.86.0.15 status=200 bytes=8192 complete=false revision=r1 reason="cut off after 3 blocks" refusal=network retransmits=3 timeouts=2 ms=2',
    'info fetch protocol=http address=127.0.0.2 method=GET path="/a b" status=404 bytes=0 complete=true reason="no such file" ms=2',
  ]);
});

test('text is for people, in columns', () => {
  const lines = [
    formatFetch(fetchOf({ device: fullFetch.device, file: '001565123456.cfg', path: '/cfg/001565123456.CFG' })),
    formatFetch({ ...fullFetch, protocol: 'tftp', method: 'RRQ', path: '001565123456.cfg' }),
    formatFetch(fetchOf({ status: 404, bytes: 0, path: '/x', reason: 'no such file', user_agent: 'curl/8' })),
    formatFetch(fetchOf({ ...{ protocol: 'tftp', method: 'RRQ', path: 'x', status: 404 }, bytes: 0, complete: false })),
    formatFetch(fetchOf({ path: '/x', complete: false })),
  ];
  expect(lines).toEqual([
    '1970-01-01T00:00:01.000Z  00:15:65:12:34:56  127.0.0.2        http GET    200      8192 B      2 ms  /cfg/001565123456.CFG -> 001565123456.cfg',
    '1970-01-01T00:00:01.000Z  00:15:65:12:34:56  127.0.0.2        tftp RRQ    200      8192 B      2 ms  001565123456.cfg  (T1 66.86.0.15)  cut off:  cut off after 3 blocks',
    '1970-01-01T00:00:01.000Z  -                  127.0.0.2        http GET    404         0 B      2 ms  /x  (curl/8)  no such file',
    '1970-01-01T00:00:01.000Z  -                  127.0.0.2        tftp RRQ    404         0 B      2 ms  x',
    '1970-01-01T00:00:01.000Z  -                  127.0.0.2        http GET    200      8192 B      2 ms  /x  cut off',
  ]);
});

test('JSON is the fact', () => {
  expect(JSON.parse(formatFetch(fullFetch, 'json'))).toEqual(fullFetch);
});

test('nothing that came from the network steers a terminal or breaks a line', () => {
  const anything = fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(anything, anything, (path, user_agent) => {
      const fact = fetchOf({ path: `${path}\u001b[2J\u009b\u202e\u2028`, user_agent });
      for (const format of ['text', 'json'] as const)
        expect(formatFetch(fact, format)).not.toMatch(/[\p{Cc}\u202e\u2028\u2029]/u);
      expect(JSON.parse(formatFetch(fact, 'json')).path).toBe(fact.path);
    }),
  );
});
