import { describe, expect, it } from 'vitest';
import { keyPath } from '../support/files.ts';
import { checkInvariants } from '../support/invariants.ts';
import { type Brand, createBrand } from '../support/people.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);

const ask = ({ tenantId, owner }: Brand, asked: object) =>
  test.call('POST', 'storage/presigned-url', { token: owner.token, body: { tenantId, ...asked } });

describe('room', () => {
  it('is never given twice: of 40 at once just as many get it as fit', async () => {
    const brand = await createBrand(test);
    const GIB = 1024 ** 3;
    const big = { purpose: 'document', filename: 'a.bin', contentType: 'application/octet-stream', size: GIB };
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(brand, big)));
    const given = answers.filter(({ status }) => status === 201);
    expect(given).toHaveLength(5);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expectRefusal(answer, 409, 'STORAGE_QUOTA_EXCEEDED');
    }
    const usage = await test.call('GET', 'storage/usage', { token: brand.owner.token });
    expect(usage.body.data).toMatchObject({ bytes: 5 * GIB, files: 5, quotaBytes: 5 * GIB });
    const key = given[0]?.body.data.key;
    const gone = await test.call('DELETE', `storage/files/${keyPath(key)}`, { token: brand.owner.token });
    expect(gone.status, gone.text).toBe(200);
    expect((await ask(brand, big)).status).toBe(201);
    expectRefusal(await ask(brand, { ...big, size: 1 }), 409, 'STORAGE_QUOTA_EXCEEDED');
    await checkInvariants(sql);
  });

  it('for a person’s own is ten avatars', async () => {
    const { token } = await quickPerson(test, 'vain');
    const body = { purpose: 'avatar', filename: 'a.png', contentType: 'image/png', size: 100 };
    const answers = await Promise.all(
      Array.from({ length: 25 }, () => test.call('POST', 'storage/presigned-url', { token, body })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expectRefusal(answer, 409, 'FILE_LIMIT_REACHED');
    await checkInvariants(sql);
  });
});
