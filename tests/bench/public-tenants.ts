import assert from 'node:assert/strict';
import { type Bench, POOL_SIZE, type Server } from './bench.ts';
import { subdomainOf, TENANTS } from './fill.ts';
import { getRequest, type LoadResult, runLoad, shuffled } from './load.ts';

const PATH = '/api/v1/tenants/public';
export const CONNECTIONS = 32;

/** Every brand's public page, in random order. */
export const pages = shuffled(
  Array.from({ length: TENANTS }, (_, number) => getRequest(`${PATH}/${subdomainOf(number)}`)),
);

export function readPages(server: Server, seconds: number): Promise<LoadResult> {
  return runLoad({ port: server.port, connections: CONNECTIONS, seconds, requests: pages });
}

// The service's read of one brand. Written out, so that what the service does to be faster does not speed up the baseline.
const STATEMENT = `select id, name, subdomain, custom_domain, description, logo_url, theme, locale, currency, version,
  created_at from tenants where subdomain = $1 and status <> 'suspended'`;

/** The bare process of P1 and P10. */
export function startPublicBaseline({ databaseUrl, startBaseline }: Bench): Promise<Server> {
  return startBaseline('public-tenant', { databaseUrl, poolSize: POOL_SIZE, statement: STATEMENT });
}

/** As many reads at once as the pool has connections. */
export async function openPool(server: Server): Promise<void> {
  await Promise.all(Array.from({ length: POOL_SIZE }, (_, number) => readPage(server, number)));
}

/** Both sides must do the same work: a baseline that answers less would flatter itself. */
export async function requireSameAnswer(ours: Server, baseline: Server): Promise<void> {
  assert.deepEqual(await readPage(baseline, 7), await readPage(ours, 7));
}

async function readPage({ port }: Server, number: number): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${PATH}/${subdomainOf(number)}`);
  assert.equal(response.status, 200);
  return response.json();
}
