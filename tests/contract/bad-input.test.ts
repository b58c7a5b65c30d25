import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { bodyAround, pathSegment, queryAround } from '../support/hostile.ts';
import { type JsonSchema, type Operation, operationsOf, tenantHeader, urlOf, withIds } from '../support/operations.ts';
import { quickSession } from '../support/quick-people.ts';
import { ODD, type RawBody, UNPARSABLE } from '../support/raw-bodies.ts';
import { envelopeFault } from '../support/refusals.ts';
import { type Answer, type Call, startTestApp } from '../support/test-app.ts';
import { createFullBrand } from '../support/world.ts';

const SEED = 20_261_123;
const test = await startTestApp({ RATE_LIMITS: 'off', LOG_LEVEL: 'silent' });
const brand = await createFullBrand(test);
// About what there is: an example alone would be refused for the brand that it names.
const operations = operationsOf(test.app).map((one) => ({ ...one, example: withIds(one.example, brand.params) }));
const { owner } = brand;
const withBody = operations.filter(({ body }) => body !== undefined);

let inputs = 0;
let { token } = owner;

/** Sends it as the owner, in a new session when the one before has been ended by an earlier call. */
async function send(operation: Operation, url: string, { headers, ...call }: Call): Promise<Answer> {
  inputs += 1;
  for (let attempt = 0; ; attempt += 1) {
    const named = { ...tenantHeader(operation, brand.tenantId), ...headers };
    const answer = await test.call(operation.method, url, { token, headers: named, ...call });
    if (answer.status !== 401 || operation.access === 'anyone' || attempt === 1) return answer;
    token = (await quickSession(test, owner.userId)).token;
  }
}

function faultOf(answer: Answer): string | null {
  if (answer.status >= 500) return `${answer.status}: ${answer.text.slice(0, 300)}`;
  return answer.status >= 400 ? envelopeFault(answer) : null;
}

type Input = { params: Record<string, string>; query: string; body: unknown };

function inputFor(operation: Operation): fc.Arbitrary<Input> {
  const real = operation.params.map((name) => fc.constant(brand.params[name] ?? 'x'));
  const bad = real.map((one) => fc.oneof({ weight: 1, arbitrary: one }, { weight: 3, arbitrary: pathSegment }));
  const weights = operation.body ? [7, 1] : [1, 3];
  const values = fc.oneof(
    { weight: weights[0] ?? 1, arbitrary: fc.tuple(...real) },
    { weight: weights[1] ?? 1, arbitrary: fc.tuple(...bad) },
  );
  const names = Object.keys(operation.query);
  return fc.record({
    params: values.map((all) => Object.fromEntries(operation.params.map((name, index) => [name, String(all[index])]))),
    query: names.length > 0 ? queryAround(names) : fc.oneof({ weight: 9, arbitrary: fc.constant('') }, queryAround([])),
    body: operation.body ? bodyAround(operation.body, operation.example) : fc.constant(undefined),
  });
}

const NORMALISED = new Set(['email', 'subdomain', 'customDomain', 'slug', 'code', 'currency', 'country']);

/** What was taken comes back as it was, but for the names whose spelling is normalised. */
function echoFault({ body: schema }: Operation, sent: unknown, answer: Answer): string | null {
  if (answer.status >= 300 || !schema) return null;
  const got = answer.body?.data ?? {};
  const properties = propertiesOf(schema) ?? {};
  const taken = Object.entries(declaredPart(JSON.parse(JSON.stringify(sent)), schema) ?? {});
  const changed = taken.find(([name, value]) => {
    const [left, right] = NORMALISED.has(name) ? [plainName(value), plainName(got[name])] : [value, got[name]];
    return Object.hasOwn(got, name) && !comesBack(left, right, properties[name] ?? {});
  });
  return changed ? `${changed[0]}: sent ${JSON.stringify(changed[1])}, got ${JSON.stringify(got[changed[0]])}` : null;
}

/** Answered in one spelling, whatever its offset was. */
function isInstant({ format, anyOf = [] }: JsonSchema): boolean {
  return format === 'date-time' || anyOf.some((one: JsonSchema) => isInstant(one));
}

/** Of an object with declared fields those that were sent: what was not stays as it is, or is the server's to say. */
function comesBack(sent: any, got: any, schema: JsonSchema): boolean {
  if (isInstant(schema) && typeof sent === 'string') return Date.parse(sent) === Date.parse(got);
  const properties = propertiesOf(schema);
  if (!properties || sent === null || typeof sent !== 'object' || got === null || typeof got !== 'object') {
    return isDeepStrictEqual(sent, got);
  }
  return Object.entries(sent).every(([name, one]) => comesBack(one, got[name], properties[name] ?? {}));
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> | undefined {
  return [schema, ...(schema['anyOf'] ?? [])].find((one) => one['properties'])?.['properties'];
}

function plainName(value: unknown): unknown {
  return typeof value === 'string' ? value.normalize('NFKC').trim().toLowerCase() : value;
}

/** Without the fields that the schema does not know: those are dropped. */
function declaredPart(value: any, schema: JsonSchema): any {
  const properties = propertiesOf(schema);
  if (!properties || value === null || typeof value !== 'object') return value;
  const known = Object.entries(value).filter(([name]) => Object.hasOwn(properties, name));
  return Object.fromEntries(known.map(([name, one]) => [name, declaredPart(one, properties[name] ?? {})]));
}

describe('schema-aware bad input (G10)', () => {
  const isHashed = ({ id }: Operation) => id === 'registerUser' || id === 'logIn';
  const runs = (operation: Operation) => (operation.body ? (isHashed(operation) ? 250 : 750) : 160);

  it.each(operations)('$id never fails', { timeout: 120_000 }, async (operation) => {
    let fault: string | null = null;
    const property = fc.asyncProperty(inputFor(operation), async ({ params, query, body }) => {
      const url = `${urlOf(operation, params)}${query && '?'}${query}`;
      const json = { payload: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      const answer = await send(operation, url, operation.body ? json : {});
      const found = faultOf(answer) ?? (operation.id.startsWith('update') ? echoFault(operation, body, answer) : null);
      if (found) fault = `${found}\n${operation.method} ${url.slice(0, 200)} ${JSON.stringify(body)?.slice(0, 300)}`;
      return !found;
    });
    const { counterexamplePath } = await fc.check(property, { seed: SEED, numRuns: runs(operation) });
    expect(fault, `path ${counterexamplePath}: ${fault}`).toBeNull();
  });

  afterAll(() => expect(inputs).toBeGreaterThanOrEqual(10_000));
});

describe('bodies as bytes (case 32)', () => {
  const payload = ({ payload: bytes, headers = { 'content-type': 'application/json' } }: RawBody) => ({
    payload: bytes,
    headers,
  });

  it.each(withBody)('$id refuses what is not JSON as it takes it', async (operation) => {
    const url = urlOf(operation, brand.params);
    for (const raw of UNPARSABLE) {
      const answer = await send(operation, url, payload(raw));
      expect(answer.status, `${raw.name}: ${answer.text.slice(0, 300)}`).toBe(raw.status ?? 400);
      expect(envelopeFault(answer), raw.name).toBeNull();
    }
  });

  it.each(withBody)('$id judges odd JSON', async (operation) => {
    const url = urlOf(operation, brand.params);
    for (const raw of ODD) expect(faultOf(await send(operation, url, payload(raw))), raw.name).toBeNull();
  });
});
