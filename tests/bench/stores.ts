import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.ts';
import { freePort, startNode, waitForAnswer } from './processes.ts';

const S3_SERVER = fileURLToPath(new URL('./s3-server.ts', import.meta.url));
const BUCKET = 'bench';

export type S3Environment = Record<'S3_ENDPOINT' | 'S3_ACCESS_KEY' | 'S3_SECRET_KEY' | 'S3_BUCKET', string>;

/** What production needs for its files. */
export async function startS3({
  onEnd,
  temporaryFolder,
}: Pick<Bench, 'onEnd' | 'temporaryFolder'>): Promise<S3Environment> {
  const port = await freePort();
  const { child, stop } = startNode({ args: [S3_SERVER, String(port), await temporaryFolder(), BUCKET] });
  onEnd(stop);
  await waitForAnswer(`http://127.0.0.1:${port}/`, { child, startedAt: performance.now() });
  const keys = { S3_ACCESS_KEY: 'S3RVER', S3_SECRET_KEY: 'S3RVER' };
  return { S3_ENDPOINT: `http://127.0.0.1:${port}`, ...keys, S3_BUCKET: BUCKET };
}
