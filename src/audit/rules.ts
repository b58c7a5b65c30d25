export type Fields = Readonly<Record<string, unknown>>;
export type Difference = { before: Fields | null; after: Fields | null };

// What an audit log must not hold, by the names that our objects give it.
const SECRETS = new Set(
  `secret clientSecret webhookSecret password passwordHash token tokenHash accessToken refreshToken key keyHash privateKey
  signature`.split(/\s+/),
);
const REMOVED = '[removed]';
// The client's own JSON: its names mean what the client likes.
const OPAQUE = new Set(['theme', 'metadata']);
// It moves with every change, and the entry has its own time.
const UNTOLD = new Set(['updatedAt']);

/**
 * The fields that differ, as they were and as they are; of something new or gone, all of them. Of a secret only that it
 * changed, however deep it lies. Null when nothing changed.
 */
export function describeChange(before: Fields | null, after: Fields | null): Difference | null {
  if (!before || !after) return { before: before && withoutSecrets(before), after: after && withoutSecrets(after) };
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !UNTOLD.has(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  if (names.length === 0) return null;
  return { before: withoutSecrets(pick(before, names)), after: withoutSecrets(pick(after, names)) };
}

function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.filter((name) => name in fields).map((name) => [name, fields[name]]));
}

function withoutSecrets(fields: Fields): Fields {
  const cleaned = Object.entries(fields).map(([name, value]) => {
    if (SECRETS.has(name)) return [name, REMOVED];
    return [name, OPAQUE.has(name) ? value : clean(value)];
  });
  return Object.fromEntries(cleaned);
}

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  return value !== null && typeof value === 'object' && !(value instanceof Date)
    ? withoutSecrets(value as Fields)
    : value;
}
