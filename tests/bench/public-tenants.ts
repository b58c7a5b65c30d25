import assert from 'node:assert/strict';
import { createDatabase } from '#db/client.ts';
import { findPublicTenantBySubdomain } from '#db/queries/tenants.ts';
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

/** The bare process of P1 and P10. It is given the SQL that the service sends, so that the two cannot drift apart. */
export async function startPublicBaseline({ databaseUrl, startBaseline }: Bench): Promise<Server> {
  const statement = await statementOf(databaseUrl);
  return startBaseline('public-tenant', { databaseUrl, poolSize: POOL_SIZE, statement });
}

async function statementOf(url: string): Promise<string> {
  const statements: string[] = [];
  const database = createDatabase({ url, poolSize: 1, onStatement: (text) => statements.push(text) });
  try {
    assert(await findPublicTenantBySubdomain(database.db, subdomainOf(1)));
  } finally {
    await database.close();
  }
  const [statement] = statements;
  assert(statement !== undefined && statements.length === 1, 'the read of a public page is one statement');
  return statement;
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
