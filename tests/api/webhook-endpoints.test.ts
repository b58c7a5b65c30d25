import { describe, expect, it } from 'vitest';
import { addMember, createBrand } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { createEndpoint } from '../support/webhooks.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
const url = 'https://hooks.example.com/ttconnect';

describe('webhook endpoints', () => {
  it('are made, listed, changed and deleted, with their entries in the audit log', async () => {
    const brand = await createBrand(test);
    const { token } = brand.owner;
    const body = { url, events: ['payment.*', 'payment.*', 'product.created'] };
    const made = await test.call('POST', 'webhooks/endpoints', { token, body });
    const { endpoint, secret } = made.body.data;
    expect(secret).toMatch(/^whsec_[\w+/]{43}=$/);
    expect(endpoint).toMatchObject({ url, events: ['payment.*', 'product.created'], active: true, failingSince: null });
    const path = `webhooks/endpoints/${endpoint.id}`;
    expect((await test.call('GET', 'webhooks/endpoints', { token })).body.data).toEqual([endpoint]);
    expect((await test.call('GET', path, { token })).body.data).toEqual(endpoint);
    const changed = await test.call('PATCH', path, { token, body: { events: ['*'], active: false } });
    expect(changed.body.data).toMatchObject({ events: ['*'], active: false, url });
    expect((await test.call('DELETE', path, { token })).body.data).toEqual({ id: endpoint.id, deleted: true });
    for (const method of ['GET', 'DELETE']) expect((await test.call(method, path, { token })).status).toBe(404);
    expect((await test.call('GET', `${path}/deliveries`, { token })).status).toBe(404);
    const audit = await test.call('GET', `tenants/${brand.tenantId}/audit`, { token });
    const actions = audit.body.data.map(({ action }: { action: string }) => action);
    expect(actions.slice(0, 3)).toEqual(['deleted', 'updated', 'created'].map((verb) => `webhookEndpoint.${verb}`));
  });

  it('show their secret once, and keep it sealed', async () => {
    const brand = await createBrand(test);
    const { id, secret } = await createEndpoint(test, brand, { url });
    const { token } = brand.owner;
    for (const path of ['webhooks/endpoints', `webhooks/endpoints/${id}`, `tenants/${brand.tenantId}/audit`]) {
      expect((await test.call('GET', path, { token })).text).not.toContain(secret.slice(6));
    }
    const [row] = await sql`select webhook_endpoints::text as text from webhook_endpoints where id = ${id}`;
    expect(row?.['text']).not.toContain(secret.slice(6));
    const rotated = await test.call('POST', `webhooks/endpoints/${id}/rotate-secret`, { token });
    const { endpoint } = rotated.body.data;
    const left = Date.parse(endpoint.previousSecretUntil) - Date.now();
    expect(left).toBeGreaterThan(86_300_000);
    expect(left).toBeLessThanOrEqual(86_400_000);
    expect(test.logs()).not.toContain(secret.slice(6));
  });

  it('are at most twenty a brand, also when made at once', async () => {
    const brand = await createBrand(test);
    const call = { token: brand.owner.token, body: { url, events: ['*'] } };
    const answers = await Promise.all(Array.from({ length: 24 }, () => test.call('POST', 'webhooks/endpoints', call)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.map(({ body }) => body.error.code)).toEqual(Array(4).fill('WEBHOOK_ENDPOINT_LIMIT'));
  });

  it('refuse types that there are not', async () => {
    const { owner } = await createBrand(test);
    for (const events of [[], ['payment'], ['*.created'], ['payment.*.x'], 'payment.*', ['unknown.*'], [null]]) {
      const answer = await test.call('POST', 'webhooks/endpoints', { token: owner.token, body: { url, events } });
      expect(answer.body.error.code, JSON.stringify(events)).toBe('VALIDATION_ERROR');
    }
  });

  it('are for admins and API keys that may write; the feed is for staff too', async () => {
    const brand = await createBrand(test);
    const staff = await addMember(test, brand, 'staff');
    const body = { url, events: ['*'] };
    const refused = await test.call('POST', 'webhooks/endpoints', { token: staff.token, body });
    expect(refused.body.error.code).toBe('FORBIDDEN');
    expect((await test.call('GET', 'events', { token: staff.token })).status).toBe(200);
    for (const [scopes, status] of [
      [['read'], 403],
      [['read', 'write'], 201],
    ] as const) {
      const key = await test.call('POST', 'auth/api-keys', { token: brand.owner.token, body: { name: 'Key', scopes } });
      const answer = await test.call('POST', 'webhooks/endpoints', { token: key.body.data.key, body });
      expect(answer.status, answer.text).toBe(status);
    }
  });
});
