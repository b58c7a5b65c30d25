import { gzipSync } from 'node:zlib';

/** `status` is what refuses it, 400 when nothing is said. */
export type RawBody = { name: string; payload: string | Buffer; headers?: Record<string, string>; status?: number };

const nested = (levels: number, open: string, close: string) => open.repeat(levels) + close.repeat(levels);
const keys = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',')}}`;
const text = (bytes: number) => `{"name":"${'x'.repeat(bytes - 11)}"}`;
const MIB = 1_048_576;

/** What no route takes, whatever its body is. */
export const UNPARSABLE: RawBody[] = [
  ...[
    '{',
    '[',
    '"',
    '{"a":1,}',
    "{'a':1}",
    '{}{}',
    '{"a":1}x',
    '// x\n{}',
    'undefined',
    'NaN',
    '01',
    '"\n"',
    '\u0000',
  ].map((payload) => ({ name: `not JSON: ${JSON.stringify(payload)}`, payload })),
  { name: 'a raw NUL in a string', payload: '{"name":"a\u0000b"}' },
  { name: 'an escape cut off', payload: '{"name":"\\u00"}' },
  { name: 'the same key twice', payload: '{"name":"a","name":"b"}' },
  { name: 'the same key twice, once escaped', payload: '{"name":"a","n\\u0061me":"b"}' },
  { name: 'the same key twice, deep down', payload: '{"theme":{"a":{"b":1,"c":2,"b":3}}}' },
  { name: '__proto__', payload: '{"__proto__":{"admin":true}}' },
  { name: '__proto__ in escapes', payload: '{"\\u005f_proto__":{"admin":true}}' },
  { name: '__proto__ inside', payload: '{"theme":{"__proto__":{"admin":true}}}' },
  { name: 'constructor.prototype', payload: '{"constructor":{"prototype":{"admin":true}}}' },
  { name: '10,000 arrays deep', payload: nested(10_000, '[', ']') },
  { name: '10,000 objects deep', payload: nested(10_000, '{"a":', '}').replace(':}', ':1}') },
  { name: '500,000 arrays deep, never closed', payload: '['.repeat(500_000) },
  { name: '50,000 keys', payload: keys(50_000) },
  { name: 'a million keys', payload: keys(1_000_000), status: 413 },
  { name: 'more than 1 MiB', payload: text(MIB + 1), status: 413 },
  { name: 'invalid UTF-8', payload: Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]) },
  { name: 'overlong UTF-8', payload: Buffer.from('7b2261223a22c0af227d', 'hex') },
  { name: 'a surrogate in UTF-8', payload: Buffer.from('7b2261223a22eda080227d', 'hex') },
  { name: 'UTF-16 without saying so', payload: Buffer.from('{"name":"a"}', 'utf16le') },
  {
    name: 'UTF-16',
    payload: Buffer.from('{"name":"a"}', 'utf16le'),
    headers: type('application/json; charset=utf-16'),
    status: 415,
  },
  { name: 'Latin-1', payload: '{"name":"a"}', headers: type('application/json; charset=iso-8859-1'), status: 415 },
  { name: 'gzip without saying so', payload: gzipSync('{"name":"a"}') },
  {
    name: 'gzip',
    payload: gzipSync('{"name":"a"}'),
    headers: { ...type('application/json'), 'content-encoding': 'gzip' },
    status: 415,
  },
  {
    name: 'a false br',
    payload: '{"name":"a"}',
    headers: { ...type('application/json'), 'content-encoding': 'br' },
    status: 415,
  },
  ...[
    ...['text/plain', 'text/html', 'application/xml', 'application/x-www-form-urlencoded', 'application/octet-stream'],
    ...[
      'multipart/form-data; boundary=x',
      'application/vnd.api+json',
      'text/json',
      'application',
      '/',
      ';',
      'json',
      '*/*',
    ],
    ...['application/jsonp', 'application/json-patch+json', 'x'.repeat(5000)],
  ].map((value) => ({
    name: `content type ${value.slice(0, 40)}`,
    payload: '{"name":"a"}',
    headers: type(value),
    status: 415,
  })),
];

/** Well-formed, and for the route's schema to judge. */
export const ODD: RawBody[] = [
  ...['', 'null', '1', '"x"', 'true', '[]', '{}', '[{}]', '1e999', '-0', '{"name":1e400}', '{"theme":{"a":1e400}}'].map(
    (payload) => ({
      name: `JSON: ${JSON.stringify(payload)}`,
      payload,
    }),
  ),
  { name: 'a byte order mark', payload: '\ufeff{}' },
  { name: '31 levels', payload: `{"theme":${nested(31, '[', ']')}}` },
  { name: 'an empty key', payload: '{"":1,"theme":{"":1}}' },
  { name: 'a long key', payload: `{"${'k'.repeat(100_000)}":1}` },
  { name: 'a string of 1 MB', payload: text(1_000_000) },
  { name: 'just 1 MiB', payload: text(MIB) },
  { name: '19,000 keys', payload: keys(19_000) },
  { name: '300,000 items', payload: `{"theme":[${'0,'.repeat(300_000)}0]}` },
  { name: 'a number of 100,000 digits', payload: `{"name":${'9'.repeat(100_000)}}` },
  { name: 'an upper-case type', payload: '{}', headers: type('APPLICATION/JSON;CHARSET="UTF-8"') },
  { name: 'no type, no body', payload: '', headers: {} },
  { name: 'no type', payload: '{}', headers: {} },
];

function type(value: string): Record<string, string> {
  return { 'content-type': value };
}
