import type { Db } from './client.ts';

type Session = { session: { client: unknown } };

/**
 * A statement built once, for whichever pool or transaction runs it: it is the built one with the connection of that.
 * Building the SQL anew costs several times what running it does, and a transaction is a Db of its own each time.
 */
export function prepared<Statement extends object>(build: (db: Db) => Statement): (db: Db) => Statement {
  let built: Statement | undefined;
  return (db) => {
    built ??= build(db);
    const { client } = (db as unknown as Session).session;
    return Object.create(built, { client: { value: client } });
  };
}
