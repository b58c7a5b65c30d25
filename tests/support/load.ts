import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { expect } from 'vitest';
import type { Call } from './http-caller.ts';
import type { Brand } from './people.ts';
import type { Answer } from './test-app.ts';

type Outcome = { at: number; status: number };
type Worker = { storeId: string; sent: number; acknowledged: number };

export type Load = {
  /** Every answer, in the order of arrival. */
  outcomes: Outcome[];
  /** What no client may see: no answer at all, a status beyond 2xx and 503, a 503 without envelope or Retry-After. */
  problems: string[];
  /** Resolves when each worker has had its last answer. */
  stop: () => Promise<void>;
  /** The promises that were made: what was acknowledged is there, and nothing is there by half. */
  verify: (sql: Sql) => Promise<void>;
};

type Options = { call: Call; brand: Brand; workers?: number };

/** Clients that read and write without a pause, and remember what the server acknowledged. */
export async function startLoad({ call, brand, workers = 10 }: Options): Promise<Load> {
  const { token } = brand.owner;
  const path = `stores/tenant/${brand.tenantId}`;
  const outcomes: Outcome[] = [];
  const problems: string[] = [];
  const stores: string[] = [];
  const tenants: string[] = [];
  let stopped = false;

  async function send(method: string, url: string, body?: unknown): Promise<Answer | undefined> {
    if (stopped) return undefined;
    try {
      const answer = await call(method, url, { token, body });
      outcomes.push({ at: performance.now(), status: answer.status });
      const fault = faultOf(answer);
      if (fault) problems.push(`${method} ${url}: ${fault}`);
      return answer;
    } catch (error) {
      problems.push(`${method} ${url}: no answer: ${String((error as Error).cause ?? error)}`);
      return undefined;
    }
  }

  async function work(worker: Worker): Promise<void> {
    while (!stopped) {
      const made = await send('POST', path, { name: `made ${randomUUID()}` });
      if (made?.status === 201) stores.push(made.body.data.id);
      worker.sent += 1;
      const renamed = await send('PATCH', `${path}/${worker.storeId}`, { name: String(worker.sent) });
      if (renamed?.status === 200) worker.acknowledged = worker.sent;
      const tenant = await send('POST', 'tenants', { name: 'Load', subdomain: `l${randomUUID()}` });
      if (tenant?.status === 201) tenants.push(tenant.body.data.id);
      await send('GET', `${path}?limit=5`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const staff: Worker[] = [];
  for (let number = 0; number < workers; number += 1) {
    const made = await call('POST', path, { token, body: { name: '0', slug: `worker-${number}` } });
    expect(made.status, made.text).toBe(201);
    staff.push({ storeId: made.body.data.id, sent: 0, acknowledged: 0 });
  }
  const done = staff.map(work);

  return {
    outcomes,
    problems,
    stop: async () => {
      stopped = true;
      await Promise.all(done);
    },
    verify: async (sql) => {
      const storeRows = await sql<{ id: string; name: string }[]>`select id, name from stores`;
      const names = new Map(storeRows.map((row) => [row.id, row.name]));
      expect(stores.filter((id) => !names.has(id))).toEqual([]);
      for (const { storeId, sent, acknowledged } of staff) {
        expect(Number(names.get(storeId))).toBeGreaterThanOrEqual(acknowledged);
        expect(Number(names.get(storeId))).toBeLessThanOrEqual(sent);
      }
      const tenantRows = await sql<{ id: string; owners: number }[]>`
        select id, (select count(*)::int from tenant_members m where m.tenant_id = t.id and m.role = 'owner') as owners
        from tenants t`;
      const made = new Set(tenantRows.map((row) => row.id));
      expect(tenants.filter((id) => !made.has(id))).toEqual([]);
      expect(tenantRows.filter((row) => row.owners !== 1)).toEqual([]);
    },
  };
}

function faultOf(answer: Answer): string | undefined {
  if (answer.status < 300) return undefined;
  if (answer.status !== 503) return `${answer.status} ${answer.text.slice(0, 300)}`;
  const { success, error } = answer.body ?? {};
  if (success === false && error?.code === 'SERVICE_UNAVAILABLE' && answer.headers['retry-after']) return undefined;
  return `503 without envelope or Retry-After: ${answer.text.slice(0, 300)}`;
}
