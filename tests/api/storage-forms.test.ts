import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formOf, imageOf, type Part, textPart, upload } from '../support/files.ts';
import { checkInvariants } from '../support/invariants.ts';
import { createBrand } from '../support/people.ts';
import { envelopeFault, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { tenantId, owner } = await createBrand(test);
const { sql } = openRows(test.url);
const folder = join(test.deps.config.DATA_DIR, 'storage');

async function objects(): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}
const rowsOf = () => sql`select id, status, stored_bytes from files order by id`;

let before: { objects: string[]; rows: unknown };
beforeEach(async () => {
  before = { objects: await objects(), rows: await rowsOf() };
});
afterEach(() => checkInvariants(sql));

async function expectNothingLeft(): Promise<void> {
  expect(await objects()).toEqual(before.objects);
  expect(await rowsOf()).toEqual(before.rows);
}

const send = (file: Part, fields: Record<string, string> = {}, fileFirst = false) =>
  upload(test, owner, { fields: { tenantId, purpose: 'document', ...fields }, file, fileFirst });
const raw = (body: Buffer | string, headers: Record<string, string>) =>
  test.call('POST', 'storage/upload', { token: owner.token, payload: body, headers });

describe('a form (case 37)', () => {
  const boundary = 'b';
  const type = { 'content-type': 'multipart/form-data; boundary=b' };
  const field = (name: string, value = 'x') =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const part = (name = 'file', bytes = 'text') =>
    `--b\r\nContent-Disposition: form-data; name="${name}"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n${bytes}\r\n`;
  const known = field('tenantId', tenantId) + field('purpose', 'document');
  const end = `--${boundary}--\r\n`;

  it.each([
    ['with 1001 parts', known + Array.from({ length: 1001 }, (_, n) => field(`f${n}`)).join('') + part() + end],
    [
      'with 1001 parts after the file',
      known + part() + Array.from({ length: 1001 }, (_, n) => field(`f${n}`)).join('') + end,
    ],
    ['with 1001 files', known + Array.from({ length: 1001 }, () => part()).join('') + end],
    ['without an end', known + part()],
    ['cut off in the file', known + part().slice(0, -6)],
    ['cut off in a header', `${known}--b\r\nContent-Disp`],
    ['without a file', known + end],
    ['with two files', known + part() + part() + end],
    ['with the file under another name', known + part('upload') + end],
    ['with a field twice', known + field('purpose', 'document') + part() + end],
    ['with a field twice, the second after the file', known + part() + field('purpose', 'logo') + end],
    [
      'with another brand after the file',
      `${field('purpose', 'document')}${part()}${field('tenantId', tenantId)}${end}`,
    ],
    ['with a purpose that is none', field('purpose', 'banner') + part() + end],
    ['with a purpose that is none, after the file', part() + field('purpose', 'banner') + end],
    ['with no purpose', field('tenantId', tenantId) + part() + end],
    ['with a brand that is no id', field('tenantId', 'x') + field('purpose', 'document') + part() + end],
    ['with a field of 10 kB', known + field('visibility', 'x'.repeat(10_000)) + part() + end],
    ['with __proto__', known + field('__proto__') + part() + end],
    ['with constructor', known + field('constructor') + part() + end],
    ['that is empty', ''],
    ['that is no form', 'hello'],
    ['that ends at once', end],
  ])('%s is refused, and leaves nothing', async (_name, body) => {
    const answer = await raw(body, type);
    expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
    expect(answer.status, answer.text).toBeLessThan(500);
    expect(envelopeFault(answer)).toBeNull();
    await expectNothingLeft();
  });

  it.each([
    ['application/json', '{}'],
    ['text/plain', 'x'],
    ['application/x-www-form-urlencoded', 'purpose=document'],
    ['multipart/mixed; boundary=b', end],
    ['multipart/form-data', end],
    ['multipart/form-data; boundary=', end],
    [`multipart/form-data; boundary=${'b'.repeat(300)}`, end],
  ])('of the type %s is refused', async (contentType, body) => {
    const answer = await raw(body, { 'content-type': contentType });
    expect([400, 415], answer.text).toContain(answer.status);
    expect(envelopeFault(answer)).toBeNull();
    await expectNothingLeft();
  });

  it('of a type that is no form is refused elsewhere', async () => {
    expectRefusal(await test.call('POST', 'storage/confirm', { token: owner.token, payload: end, headers: type }), 415);
  });

  it.each([false, true])('larger than its purpose allows is refused (file first: %s)', async (fileFirst) => {
    const bytes = Buffer.concat([await imageOf(), randomBytes(6 * 1024 * 1024)]);
    const answer = await send({ filename: 'a.png', type: 'image/png', bytes }, { purpose: 'logo' }, fileFirst);
    expectRefusal(answer, 413, 'PAYLOAD_TOO_LARGE');
    expect(answer.body.error.details).toEqual({ maxBytes: 5 * 1024 * 1024 });
    await expectNothingLeft();
  });
});

describe('a sender that leaves (case 37)', () => {
  it.each([
    { where: 'before its file', bytes: 0, fields: true },
    { where: 'in the first bytes of its file', bytes: 100, fields: true },
    { where: 'in the middle of its file', bytes: 300_000, fields: true },
    { where: 'in the middle of a file that comes first', bytes: 300_000, fields: false },
  ])('$where leaves nothing', async ({ bytes, fields }) => {
    const url = new URL(await listening());
    const { body, headers } = formOf({
      fields: fields ? { tenantId, purpose: 'document' } : {},
      file: { filename: 'a.bin', bytes: randomBytes(2_000_000) },
    });
    const at = body.indexOf('\r\n\r\n', body.indexOf('filename=')) + 4 + bytes;
    const socket = connect(Number(url.port), url.hostname);
    const head = [
      'POST /api/v1/storage/upload HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${owner.token}`,
      `Content-Type: ${headers['content-type']}`,
      `Content-Length: ${body.length}`,
    ].join('\r\n');
    socket.write(`${head}\r\n\r\n`);
    socket.write(body.subarray(0, at));
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.destroy();
    const isGone = async () => {
      await expectNothingLeft();
    };
    await expect
      .poll(
        () =>
          isGone().then(
            () => true,
            () => false,
          ),
        { timeout: 5_000 },
      )
      .toBe(true);
    // Others go on.
    expect((await send(textPart())).status).toBe(201);
  });

  it('hears why it is refused, though it has much to send', async () => {
    const url = await listening();
    const form = new FormData();
    form.append('purpose', 'banner');
    form.append('file', new Blob([randomBytes(40_000_000)]), 'a.bin');
    const headers = { authorization: `Bearer ${owner.token}` };
    const answer = await fetch(`${url}/api/v1/storage/upload`, { method: 'POST', body: form, headers });
    expect(answer.status).toBe(400);
    await expectNothingLeft();
  });
});

let address: string | undefined;
async function listening(): Promise<string> {
  address ??= await test.app.listen({ host: '127.0.0.1', port: 0 });
  return address;
}
