import { describe, expect, it } from 'vitest';
import { createWebhooks } from '#src/clients/webhooks.ts';
import { createBrand } from '../support/people.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';
import { attempted, createEndpoint, happen, startHookReceiver, startSender } from '../support/webhooks.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
/** What each name answers, one address after the other. */
const names = new Map<string, string[]>();
const lookups: string[] = [];
test.deps.webhooks = createWebhooks({
  allowLoopback: false,
  version: 'test',
  resolve: async (hostname) => {
    lookups.push(hostname);
    const answers = names.get(hostname);
    if (!answers) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    const address = (answers.length > 1 ? answers.shift() : answers[0]) ?? '';
    return address.split(' ').map((one) => ({ address: one, family: one.includes(':') ? 6 : 4 }) as const);
  },
});
startSender(test);
const PUBLIC = '93.184.215.14';
const receiver = await startHookReceiver();

describe('an endpoint at an address that is not public (33)', () => {
  names.set('localhost', ['127.0.0.1']);
  names.set('localhost.', ['127.0.0.1']);
  names.set('private.example', ['10.0.0.7']);
  names.set('mapped.example', ['::ffff:10.0.0.7']);
  names.set('half.example', [`${PUBLIC} 169.254.169.254`]);
  names.set('good.example', [PUBLIC]);

  it.each([
    ...['https://127.1/', 'https://0x7f000001/', 'https://2130706433/', 'https://0177.0.0.1/', 'https://[::1]/'],
    ...['https://[::ffff:10.0.0.1]/', 'https://169.254.169.254/latest/meta-data', 'https://localhost./'],
    ...['https://localhost/', 'https://private.example/', 'https://mapped.example/', 'https://half.example/'],
    ...['https://user@good.example/', 'https://user:pw@good.example/', 'file:///etc/passwd', 'ftp://good.example/'],
    ...[
      'http://good.example/',
      'https://unknown.example/',
      'gopher://good.example/',
      'https://0.0.0.0/',
      'https://[::]/',
    ],
    ...['https://[64:ff9b::7f00:1]/', 'https://[2002:7f00:1::]/', 'https://[fd00:ec2::254]/', 'https://100.64.0.1/'],
  ])('%s is refused, made or changed', async (url) => {
    const brand = await createBrand(test);
    const { token } = brand.owner;
    const made = await test.call('POST', 'webhooks/endpoints', { token, body: { url, events: ['*'] } });
    expect(made.body.error, url).toMatchObject({
      code: 'VALIDATION_ERROR',
      errors: [{ location: 'body', field: 'url' }],
    });
    const { id } = await createEndpoint(test, brand, { url: 'https://good.example/' });
    const changed = await test.call('PATCH', `webhooks/endpoints/${id}`, { token, body: { url } });
    expect(changed.body.error.code).toBe('VALIDATION_ERROR');
  });

  it.each([
    'https://good.example:8443/a?b=c',
    'https://GOOD.example/',
    `https://${PUBLIC}/`,
    'https://[2606:4700::1111]/',
  ])('%s is taken', async (url) => {
    const { owner } = await createBrand(test);
    const made = await test.call('POST', 'webhooks/endpoints', { token: owner.token, body: { url, events: ['*'] } });
    expect(made.status, made.text).toBe(201);
  });
});

describe('a message to an address that is not public (33)', () => {
  it.each(['127.0.0.1', '::1', '169.254.169.254', '10.0.0.1', '::ffff:127.0.0.1', `${PUBLIC} 127.0.0.1`])(
    'does not leave when the name answers %s the second time',
    async (rebound) => {
      names.set('rebinding.example', [PUBLIC, rebound]);
      const brand = await createBrand(test);
      const endpoint = await createEndpoint(test, brand, { url: `https://rebinding.example:${receiver.port}/` });
      await happen(test, brand);
      const delivery = await attempted(test, endpoint);
      expect(delivery.attempts[0]).toMatchObject({ statusCode: null, error: 'address_refused', response: null });
      expect(lookups.filter((name) => name === 'rebinding.example').length).toBeGreaterThanOrEqual(2);
      expect(receiver.messages).toEqual([]);
    },
  );

  it.each(['http://127.0.0.1', 'https://127.0.0.1', 'http://[::1]'])(
    'does not leave for the literal %s',
    async (host) => {
      const brand = await createBrand(test);
      const endpoint = await createEndpoint(test, brand, { url: 'https://good.example/' });
      // As if it had been stored before the rule.
      await sql`update webhook_endpoints set url = ${`${host}:${receiver.port}/`} where id = ${endpoint.id}`;
      await happen(test, brand);
      expect((await attempted(test, endpoint)).attempts[0].error).toBe('address_refused');
      expect(receiver.messages).toEqual([]);
    },
  );

  it('does not follow a redirect', async () => {
    const { port } = await startHookReceiver(
      (response) => void response.writeHead(302, { location: receiver.url }).end(),
    );
    const client = createWebhooks({ allowLoopback: true, version: 'test', resolve: async () => [] });
    const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
    const message = { url: `http://127.0.0.1:${port}/`, id: 'a', at: new Date(), body: Buffer.from('{}'), secrets };
    expect(await client.send(message, new AbortController().signal)).toMatchObject({
      statusCode: 302,
      error: 'redirect',
    });
    expect(receiver.messages).toEqual([]);
    await client.close();
  });
});
