import { sql } from 'drizzle-orm';
import { type AnyPgColumn, check, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** Instants are made by the application, in milliseconds, so that a cursor compares them exactly. */
export const instant = () => timestamp({ withTimezone: true, precision: 3, mode: 'date' });

export const id = () => uuid();

/** An enumeration is text with a check: a new value then needs no change of type. */
export const choice = <const Values extends readonly [string, ...string[]]>(values: Values) => text({ enum: values });

export function oneOf(name: string, column: AnyPgColumn, values: readonly string[]) {
  return check(name, sql`${column} in (${sql.raw(values.map((value) => `'${value}'`).join(', '))})`);
}
