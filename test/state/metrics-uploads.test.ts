import { expect, test } from 'vitest';
import { createMetrics } from '../../src/state/metrics.ts';
import { fetchOf } from './facts.ts';

test('what devices send is not counted as sent to them', async () => {
  const metrics = createMetrics();
  metrics.add.fetch(fetchOf({ method: 'PUT', status: 201, bytes: 100 }));
  metrics.add.fetch(fetchOf({ method: 'POST', status: 413, bytes: 7 }));
  const text = await metrics.text();
  expect(text).toContain('offhook_fetch_received_bytes_total{protocol="http",result="ok"} 100');
  expect(text).toContain('offhook_fetch_received_bytes_total{protocol="http",result="refused"} 7');
  expect(text).toContain('offhook_fetch_bytes_total{protocol="http",result="ok"} 0');
});
