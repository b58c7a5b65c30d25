export type Fields = Readonly<Record<string, unknown>>;
export type Difference = { before: Fields | null; after: Fields | null };

// What an audit log must not hold, whatever object it is told about.
const SECRET = /secret|password|token|hash|^key$|signature|privateKey/i;
// It moves with every change, and the entry has its own time.
const UNTOLD = new Set(['updatedAt']);

/**
 * The fields that differ, as they were and as they are; of something new or gone, all of them. Secrets never, however deep
 * they lie. Null when nothing changed.
 */
export function describeChange(before: Fields | null, after: Fields | null): Difference | null {
  const [old, now] = [before && withoutSecrets(before), after && withoutSecrets(after)];
  if (!old || !now) return { before: old, after: now };
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) => !UNTOLD.has(name) && JSON.stringify(old[name]) !== JSON.stringify(now[name]),
  );
  return names.length === 0 ? null : { before: pick(old, names), after: pick(now, names) };
}

function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.filter((name) => name in fields).map((name) => [name, fields[name]]));
}

function withoutSecrets(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (SECRET.test(name) ? [] : [[name, cleaned(value)]])),
  );
}

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned);
  return value !== null && typeof value === 'object' && !(value instanceof Date)
    ? withoutSecrets(value as Fields)
    : value;
}
