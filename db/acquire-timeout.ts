import type { Sql, TransactionSql } from 'postgres';

type Unsafe = Sql['unsafe'];
type PendingStatement = ReturnType<Unsafe> & {
  state: unknown;
  strings: string[];
  args: unknown[];
  options: object;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
};

/**
 * Gives postgres.js what it lacks: a statement that finds no free connection in time is withdrawn and fails, instead
 * of waiting without bound. Also asks for prepared statements everywhere, which Drizzle does not inside transactions.
 */
export function withAcquireTimeout(sql: Sql, timeoutMs: number): void {
  const send = sql.unsafe.bind(sql) as Unsafe;
  const begin = sql.begin.bind(sql) as (fn: (tx: TransactionSql) => Promise<unknown>) => Promise<unknown>;

  sql.unsafe = ((text, parameters, options) => {
    const statement = send(text, parameters, { ...options, ...always }) as PendingStatement;
    const timer = setTimeout(() => withdraw(statement, timeoutMs), timeoutMs);
    const { resolve, reject } = statement;
    statement.resolve = (value) => {
      clearTimeout(timer);
      resolve(value);
    };
    statement.reject = (reason) => {
      clearTimeout(timer);
      reject(reason);
    };
    return statement;
  }) as Unsafe;

  sql.begin = ((fn: (tx: TransactionSql) => Promise<unknown>) => begin((tx) => fn(preparing(tx)))) as Sql['begin'];
}

function preparing(tx: TransactionSql): TransactionSql {
  const send = tx.unsafe.bind(tx) as Unsafe;
  const savepoint = tx.savepoint.bind(tx) as (fn: (inner: TransactionSql) => Promise<unknown>) => Promise<unknown>;
  tx.unsafe = ((text, parameters, options) => send(text, parameters, { ...options, ...always })) as typeof tx.unsafe;
  tx.savepoint = ((fn: (inner: TransactionSql) => Promise<unknown>) =>
    savepoint((inner) => fn(preparing(inner)))) as typeof tx.savepoint;
  return tx;
}

const always = { prepare: true };

// `state` is set when the statement goes to a connection: from then on the database's own limits hold. A waiting one is
// emptied rather than cancelled, because a connection being opened may hold it as its first statement and would be lost.
function withdraw(statement: PendingStatement, timeoutMs: number): void {
  if (statement.state) return;
  statement.strings = ['select 1'];
  statement.args = [];
  statement.options = { simple: true, prepare: false };
  statement.reject(
    Object.assign(new Error(`no database connection within ${timeoutMs} ms`), { code: 'ACQUIRE_TIMEOUT' }),
  );
}
