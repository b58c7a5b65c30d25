import { expect, it } from 'vitest';
import { monthOf } from '#src/plans/rules.ts';
import { addMember, createBrand } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);

it('at 80 % and at 100 % of the month every owner gets one mail, and nobody else', async () => {
  const brand = await createBrand(test, { name: 'Acme' });
  const second = await addMember(test, brand, 'owner');
  await addMember(test, brand, 'admin');
  await test.runJobs();
  test.mails.length = 0;
  const call = { token: brand.owner.token, body: { name: 'k', scopes: ['read'] } };
  const { key } = (await test.call('POST', 'auth/api-keys', call)).body.data;
  await sql`insert into tenant_usage_months values (${brand.tenantId}, ${monthOf(new Date())}, 79998)`;
  const use = async () => {
    expect((await test.call('GET', 'auth/verify', { token: key })).status).toBe(200);
    await Promise.all([test.deps.usage.flush(), test.deps.usage.flush()]);
    await test.runJobs();
    return test.mails.splice(0).map(({ to, subject }) => `${to} ${subject}`);
  };
  const both = (subject: string) => [brand.owner.email, second.email].map((to) => `${to} ${subject}`).sort();
  expect(await use()).toEqual([]);
  expect((await use()).sort()).toEqual(both('Acme: 80 % of the requests of this month are used'));
  expect(await use()).toEqual([]);
  await sql`update tenant_usage_months set requests = 99999 where tenant_id = ${brand.tenantId}`;
  expect((await use()).sort()).toEqual(both('Acme: the requests of this month are used up'));
});
