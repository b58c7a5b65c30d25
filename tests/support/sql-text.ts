/** Tables that a statement reads or writes, by their names in quotes, as Drizzle writes them. */
export function tablesOf(statement: string): string[] {
  const places = statement.matchAll(/\b(?:from|join|update|into|using)\s+(?:only\s+)?"(\w+)"/gi);
  return [...new Set([...places].map(([, table = '']) => table))];
}

/** True when every row of `table` that the statement touches has the tenant of one of its parameters. */
export function isBoundToTenant(statement: string, table: string): boolean {
  const columns = new RegExp(`\\binsert into "${table}" \\(([^)]*)\\)`, 'i').exec(statement)?.[1];
  const isRead = new RegExp(`\\b(?:from|join|update|using)\\s+(?:only\\s+)?"${table}"`, 'i').test(statement);
  // Also as a part of a statement, which may read the table besides.
  if (columns !== undefined && !(isRead && isPart(statement))) return columns.includes('"tenant_id"');
  return isParameter(statement, `${table}.tenant_id`) && (columns?.includes('"tenant_id"') ?? true);
}

function isPart(statement: string): boolean {
  return !/^\s*insert into/i.test(statement);
}

/** Follows the equalities of the conditions, so that a join on a bound column counts. */
function isParameter(statement: string, column: string): boolean {
  const edges = equalities(conditionsOf(statement));
  const seen = new Set([column]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [left, right] of edges) {
      if (seen.has(left) === seen.has(right)) continue;
      seen.add(left).add(right);
      grown = true;
    }
  }
  return seen.has('$');
}

// What stands after "or" or "not" binds nothing.
function conditionsOf(statement: string): string {
  const parts = statement.split(/\b(?:where|on)\b/i).slice(1);
  return parts
    .join(' and ')
    .replace(/\((?:[^()]|\([^()]*\))*\bor\b(?:[^()]|\([^()]*\))*\)/gi, ' ')
    .replace(/\bnot\b[^)]*/gi, ' ');
}

function equalities(text: string): [string, string][] {
  const side = String.raw`("(\w+)"\."(\w+)"|\$\d+(?:::\w+)?)`;
  const found = text.matchAll(new RegExp(`${side} = ${side}`, 'g'));
  // What is asked for comes in as arrays of parameters.
  const isGiven = (whole: string, table: string) => whole.startsWith('$') || table === 'asked';
  const nameOf = (whole = '', table = '', column = '') => (isGiven(whole, table) ? '$' : `${table}.${column}`);
  return [...found].map((match) => [nameOf(match[1], match[2], match[3]), nameOf(match[4], match[5], match[6])]);
}
