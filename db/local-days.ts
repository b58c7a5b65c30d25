import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';

/** The local day of an instant in an IANA time zone. */
export function localDay(at: SQLWrapper, timezone: SQLWrapper): SQL<string> {
  return sql<string>`(${at} at time zone ${timezone})::date`;
}

/**
 * The instant at which a local day begins. Where the clocks go forward at midnight it is the first instant after the gap;
 * where midnight comes twice PostgreSQL takes the later one, and the first is an hour before it.
 */
export function startOfDay(day: SQLWrapper, timezone: SQLWrapper): SQL {
  const midnight = sql`((${day})::timestamp at time zone ${timezone})`;
  const earlier = sql`(${midnight} - interval '1 hour')`;
  return sql`case when ${localDay(earlier, timezone)} = ${day} then ${earlier} else ${midnight} end`;
}
