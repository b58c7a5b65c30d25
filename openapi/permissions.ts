import { type OperationId, PERMISSIONS, type Permission, takesApiKeys } from '#src/auth/access.ts';
import { RATE_LIMITS } from '#src/lib/limits.ts';

const MARKS = ['<!-- permissions -->', '<!-- /permissions -->'] as const;

const WHO = [
  ['anyone', 'anybody'],
  ['optional', 'anybody; more for who is known'],
  ['user', 'a signed-in user'],
  ['principal', 'a signed-in user'],
  ['staff', 'staff of the brand'],
  ['admin', 'admins of the brand'],
  ['owner', 'owners of the brand'],
] as const;

const all = Object.entries(PERMISSIONS) as [OperationId, Permission][];

/** The table of permissions as README.md shows it: who may call what, and what counts apart. */
function permissionTables(): string {
  const rows = WHO.flatMap(([who, words]) =>
    [true, false].flatMap((keys) => {
      const operations = all.filter(([, one]) => one.who === who && takesApiKeys(one) === keys);
      return operations.length === 0 ? [] : [`| ${words} | ${keys ? 'yes' : 'no'} | ${names(operations)} |`];
    }),
  );
  const buckets = Object.entries(RATE_LIMITS).map(([bucket, { max, seconds, whenDown }]) => {
    const operations = all.filter(([, one]) => one.limit === bucket);
    const rate = `${max ?? '`RATE_LIMIT_PER_ADDRESS`'} in ${seconds} s`;
    return `| ${rate} | ${whenDown} | ${bucket === 'standard' ? 'all others, but health' : names(operations)} |`;
  });
  return [
    '| who may call | API key | operations |',
    '| --- | --- | --- |',
    ...rows,
    '',
    '| requests of one address | without Redis | operations |',
    '| --- | --- | --- |',
    ...buckets,
  ].join('\n');
}

function names(operations: readonly [string, unknown][]): string {
  return operations.map(([id]) => `\`${id}\``).join(' ');
}

/** The text with its tables brought up to date. */
export function withPermissions(text: string): string {
  const [start, end] = MARKS.map((mark) => text.indexOf(mark));
  if (start === undefined || end === undefined || start === -1 || end === -1)
    throw new Error('README.md lacks its marks');
  return `${text.slice(0, start)}${MARKS[0]}\n\n${permissionTables()}\n\n${text.slice(end)}`;
}
