import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { PERMISSIONS, takesApiKeys } from '#src/auth/access.ts';
import { documentOf, type Operation, operationsOf, urlOf } from '../support/operations.ts';
import { expectRefusal } from '../support/refusals.ts';
import { startTestApp } from '../support/test-app.ts';
import { createFullBrand } from '../support/world.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const document = documentOf(test.app);
const operations = operationsOf(test.app);
const brand = await createFullBrand(test);
const { owner } = brand;

const HOUR = 3_600_000;
const secured = operations.filter(({ access }) => access !== 'anyone');
const withBody = operations.filter(({ body }) => body !== undefined);

describe('the document', () => {
  it('names every operation once, and the access table knows just these', () => {
    const ids = operations.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(Object.keys(PERMISSIONS).sort());
  });

  it.each(operations)('$id has a summary and a declared tag', ({ summary, tags }) => {
    expect(summary).toMatch(/^[A-Z].{5,}[^.]$/);
    expect(tags).toHaveLength(1);
    expect(document.tags?.map(({ name }) => name)).toContain(tags[0]);
  });

  it.each(operations)('$id declares its parameters', ({ path, params }) => {
    expect([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()).toEqual([...params].sort());
  });

  it.each(operations)('$id says what it answers', ({ responses }) => {
    const successes = Object.keys(responses).filter((status) => /^2\d\d$/.test(status));
    expect(successes.length).toBeGreaterThan(0);
    for (const status of successes) {
      const content = responses[status]?.content;
      expect((content?.['application/json'] ?? content?.['text/csv'])?.schema, status).toBeDefined();
    }
  });

  it.each(operations)('$id lists the codes of each refusal', ({ responses }) => {
    const refusals = Object.entries(responses).filter(([status]) => Number(status) >= 400);
    expect(refusals.map(([status]) => status)).toEqual(expect.arrayContaining(['500', '503']));
    for (const [status, response] of refusals) {
      const parts = response.content?.['application/json']?.schema?.['allOf'] ?? [];
      expect(parts[0], status).toEqual({ $ref: '#/components/schemas/ErrorBody' });
      const codes = parts.flatMap((part: any) => part.properties?.error?.properties?.code?.enum ?? []);
      expect(codes.length, status).toBeGreaterThan(0);
      for (const code of codes) expect(code).toMatch(/^[A-Z][A-Z_]+$/);
    }
  });

  it.each(operations)(
    '$id asks for a credential as its permission says',
    ({ access, permission, security, responses }) => {
      const keys = permission && takesApiKeys(permission) ? [{ apiKeyAuth: [] }] : [];
      const nobody = access === 'optional' ? [{}] : [];
      expect(security).toEqual(access === 'anyone' ? [] : [{ bearerAuth: [] }, ...keys, ...nobody]);
      expect('401' in responses || access === 'anyone').toBe(true);
      if (['staff', 'admin', 'owner'].includes(access as string)) expect(responses).toHaveProperty('403');
    },
  );

  it.each(withBody)('$id has an example of its body that its schema takes', ({ body, example }) => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    expect(example).toBeTypeOf('object');
    expect(ajv.validate(body as object, example), ajv.errorsText()).toBe(true);
    expect(ajv.validate(body as object, 'no object')).toBe(false);
  });
});

describe('credentials', () => {
  const expired = () => test.app.signAccessToken({ ...owner, issuedAt: new Date(Date.now() - HOUR) });
  const call = (operation: Operation, authorization: string | undefined) =>
    test.call(operation.method, urlOf(operation, brand.params), {
      ...(authorization !== undefined && { headers: { authorization } }),
      ...(operation.body && { body: operation.example }),
    });

  it.each(secured)('$id refuses garbage, an expired token and the wrong kind', async (operation) => {
    const [head = '', claims = '', signature = ''] = owner.token.split('.');
    const tampered = `${head}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const garbage = [
      '',
      'Bearer',
      'Bearer ',
      'Bearer garbage',
      'Bearer a.b.c',
      'Basic b3duZXI6cGFzc3dvcmQ=',
      owner.token,
    ];
    const wrong = [`Bearer ${owner.refreshToken}`, `Bearer ${tampered}`, `Bearer ${owner.token} x`];
    for (const authorization of [...garbage, ...wrong]) {
      const answer = await call(operation, authorization);
      expectRefusal(answer, 401, 'UNAUTHORIZED');
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    }
    expectRefusal(await call(operation, `Bearer ${expired()}`), 401, 'TOKEN_EXPIRED');
  });

  it.each(secured.filter(({ access }) => access !== 'optional'))('$id refuses nobody', async (operation) => {
    expectRefusal(await call(operation, undefined), 401, 'UNAUTHORIZED');
  });

  it.each(operations.filter(({ access }) => access === 'anyone'))('$id looks at no credential', async (operation) => {
    const empty = { ...operation, example: {} };
    const { status, text } = await call(empty, undefined);
    expect(status, text).toBeLessThan(500);
    expect((await call(empty, 'Bearer garbage')).status).toBe(status);
  });

  it('are needed for every change to a tenant', () => {
    const changes = operations.filter(({ method, params }) => method !== 'GET' && params.includes('tenantId'));
    expect(changes.length).toBeGreaterThan(5);
    expect(changes.filter(({ access }) => access === 'anyone' || access === 'optional').map(({ id }) => id)).toEqual(
      [],
    );
  });

  it('takes the very token that the walk refuses when it is whole', async () => {
    const me = operations.find(({ id }) => id === 'getMe') as Operation;
    expect((await call(me, `Bearer ${owner.token}`)).status).toBe(200);
  });
});
