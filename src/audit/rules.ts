export type Fields = Readonly<Record<string, unknown>>;
export type Difference = { before: Record<string, unknown> | null; after: Record<string, unknown> | null };

// What an audit log must not hold, whatever object it is told about.
const SECRET = /secret|password|token|hash|^key$|signature|privateKey/i;

/** The fields that differ, as they were and as they are; of something new or gone, all of them. Secrets never. */
export function describeChange(before: Fields | null, after: Fields | null): Difference {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter(
    (name) => !SECRET.test(name) && !isSame(before?.[name], after?.[name]),
  );
  return { before: before && pick(before, names), after: after && pick(after, names) };
}

function pick(fields: Fields, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in fields).map((name) => [name, fields[name]]));
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
