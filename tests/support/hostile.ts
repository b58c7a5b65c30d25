import fc from 'fast-check';
import type { JsonSchema } from './operations.ts';

/** Text that has broken somebody's service. */
export const HOSTILE_STRINGS = [
  ...[
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    'x\udfff',
    '\udc00\ud800',
    '\ufeff',
    '\uffff',
    '\u2028',
    '\u200b',
    '\u0007',
  ],
  ...[
    '\u202eabc',
    '\u0627\u0644',
    'e\u0301',
    '\u00e9',
    '\ufb01',
    '\u212a',
    '\u0130',
    '\u00df',
    '👩‍👩‍👧',
    'Z͑ͫ̓a̴',
    '\r\nX: y',
    '\t',
  ],
  ...[
    "'",
    '"',
    '\\',
    '\\u0000',
    "' or 1=1 --",
    "'; drop table users; --",
    '$1',
    '%',
    '_',
    '%_%',
    '*',
    '<%= 7 * 7 %>',
    '{{7*7}}',
  ],
  ...[
    '../../etc/passwd',
    '..%2f',
    '%00',
    '%zz',
    '<script>alert(1)</script>',
    'javascript:alert(1)',
    'http://127.1/',
    'null',
  ],
  ...[
    'undefined',
    'NaN',
    'true',
    '0',
    '-1',
    '1e309',
    '0x10',
    '１',
    '__proto__',
    'constructor',
    'toString',
    '[object Object]',
  ],
  ...['a@b', 'a@b.c', '@', 'a@@b.c', '"a b"@x.org', 'ａ@example.com', `${'a'.repeat(250)}@x.org`, 'x'.repeat(121)],
  ...[
    'x'.repeat(5000),
    'é'.repeat(1000),
    '00000000-0000-0000-0000-000000000000',
    '2026-02-30T25:61:61Z',
    'Europe/Nowhere',
  ],
];

const NUMBERS = [0, -0, -1, 1, 0.1, 2 ** 31, 2 ** 53, 2 ** 64, 1e21, -1e21, 5e-324, 1.7976931348623157e308];

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...HOSTILE_STRINGS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 2, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false) },
);
const key = fc.oneof(fc.constantFrom(...HOSTILE_STRINGS.slice(0, 60), 'id', 'role'), fc.string({ maxLength: 5 }));

/** Any JSON value, a few levels deep, with hostile text in it. */
export const anything: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { weight: 6, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.dictionary(key, tie('value'), { maxKeys: 3 }) },
  ),
})).value;

/** Values about the edge of what the schema takes, on both sides of it. */
export function aroundSchema(schema: JsonSchema): fc.Arbitrary<unknown> {
  const alternatives: JsonSchema[] = schema['anyOf'] ?? schema['oneOf'] ?? [];
  if (alternatives.length > 0) return fc.oneof(anything, ...alternatives.map(aroundSchema));
  const { type, minLength = 0, maxLength = 50, minimum = 0, maximum = 2 ** 31 } = schema;
  const known = [schema['example'], schema['const'], ...(schema['enum'] ?? [])].filter((one) => one !== undefined);
  const parts: fc.Arbitrary<unknown>[] = [anything, ...known.map((one) => fc.constantFrom(one, [one], { value: one }))];
  if (type === 'string') {
    const lengths = [minLength - 1, minLength, maxLength, maxLength + 1].filter((length) => length >= 0);
    parts.push(fc.constantFrom(...lengths).map((length) => 'a'.repeat(length)));
    parts.push(
      ...known.map((one) => fc.constantFrom(`${one}\u0000`, ` ${one} `, String(one).toUpperCase(), `${one}%`)),
    );
  }
  if (type === 'number' || type === 'integer') {
    parts.push(fc.constantFrom(minimum - 1, minimum, maximum, maximum + 1, minimum + 0.5, String(minimum)));
  }
  if (type === 'array') parts.push(fc.array(aroundSchema(schema['items'] ?? {}), { maxLength: 5 }));
  if (type === 'object') parts.push(aroundObject(schema, {}));
  return fc.oneof(...parts);
}

/** The example with some fields replaced, some gone and some added. */
export function aroundObject(schema: JsonSchema, example: object): fc.Arbitrary<unknown> {
  const properties: Record<string, JsonSchema> = schema['properties'] ?? {};
  const replaced = Object.entries(properties).map(([name, one]) =>
    aroundSchema(one).map((value) => [name, value] as const),
  );
  const change = fc.oneof(
    ...(replaced.length > 0 ? [{ weight: 8, arbitrary: fc.oneof(...replaced) }] : []),
    {
      weight: 1,
      arbitrary: fc.constantFrom(...Object.keys(example), 'none').map((name) => [name, undefined] as const),
    },
    { weight: 1, arbitrary: fc.tuple(key, anything) },
  );
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) => ({ ...example, ...Object.fromEntries(changes) }));
}

export function bodyAround(schema: JsonSchema, example: object): fc.Arbitrary<unknown> {
  const object = (schema['anyOf'] ?? []).find((one: JsonSchema) => one['properties']) ?? schema;
  return fc.oneof({ weight: 9, arbitrary: aroundObject(object, example) }, { weight: 1, arbitrary: anything });
}

const BAD_IDS = [
  '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f607',
  '{019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071}',
  `${'9'.repeat(400)}`,
  'me',
];
const RAW_SEGMENTS = [
  '%00',
  '%ff',
  '%zz',
  '%',
  '%c0%ae',
  '%ed%a0%80',
  '..%2f..%2f',
  '%2e%2e%2f',
  ';a=b',
  '%20',
  '019AB3C4-5D6E-7F80-9A1B-2C3D4E5F6071',
];

/** A segment of a path, as it goes into the URL. */
export const pathSegment: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...RAW_SEGMENTS),
  fc.constantFrom(...HOSTILE_STRINGS, ...BAD_IDS).map(encode),
  fc.uuid(),
);

const LIMITS = ['0', '-1', '1e9', '', '101', '1.5', '+1', ' 1', '0x10', '１', '1'.repeat(400), 'NaN', '100', '1'];

/** A query string for these parameters and others, some of them twice. */
export function queryAround(names: string[]): fc.Arbitrary<string> {
  const name = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('limit', ...names) },
    { weight: 1, arbitrary: key.map(encode) },
  );
  const value = fc.oneof(fc.constantFrom(...LIMITS, ...RAW_SEGMENTS), fc.constantFrom(...HOSTILE_STRINGS).map(encode));
  const pair = fc.tuple(name, value).map(([left, right]) => `${left}=${right}`);
  return fc
    .array(fc.oneof({ weight: 9, arbitrary: pair }, { weight: 1, arbitrary: name }), { maxLength: 4 })
    .map((all) => all.join('&'));
}

// Lone surrogates have no encoding in a URL: they go as the bytes that broken clients send.
function encode(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : '%ed%a0%80';
}
