import type { Pages } from './http/handler.ts';
import type { Page } from './http/respond.ts';

export interface PagesOptions {
  /** Whether a build was accepted. */
  readonly isReady: () => boolean;
  readonly metrics: { text(): Promise<string>; readonly contentType: string };
}

/** What an operator's tools ask of the daemon: `/-/healthy`, `/-/ready` and `/-/metrics`, as Prometheus has them. */
export function createPages({ isReady, metrics }: PagesOptions): Pages {
  const plain = (status: number, text: string): Page => ({
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8' },
    body: `${text}\n`,
  });
  return async ({ path }) => {
    if (path === '/-/healthy') return plain(200, 'healthy');
    if (path === '/-/ready') return isReady() ? plain(200, 'ready') : plain(503, 'no build was accepted yet');
    if (path === '/-/metrics')
      return { status: 200, headers: { 'Content-Type': metrics.contentType }, body: await metrics.text() };
    return path.startsWith('/-/') ? plain(404, 'no such page') : undefined;
  };
}
