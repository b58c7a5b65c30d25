import postgres from 'postgres';
import { afterAll } from 'vitest';

export type Rows = ReturnType<typeof openRows>;

/** The stored rows, read past the product. */
export function openRows(url: string) {
  const sql = postgres(url, { max: 2, onnotice: () => {} });
  afterAll(() => sql.end());

  async function columns(): Promise<{ table: string; column: string }[]> {
    return sql`
      select table_name as table, column_name as column from information_schema.columns
      where table_schema = 'public' order by 1, 2`;
  }

  return {
    sql,
    columns,
    /** Everything that belongs to a tenant, as text: equal before and after means that nothing moved. */
    async ofTenant(tenantId: string): Promise<string[]> {
      const tables = (await columns()).filter(({ column }) => column === 'tenant_id');
      const parts = [
        ...tables.map(({ table }) => ({ table, column: 'tenant_id' })),
        { table: 'tenants', column: 'id' },
      ];
      const rows = await Promise.all(
        parts.map(
          ({ table, column }) =>
            sql`select ${sql(table)}::text as row from ${sql(table)} where ${sql(column)} = ${tenantId}`,
        ),
      );
      return rows.flatMap((found) => found.map(({ row }) => row)).sort();
    },
    /** How many rows of any table have this very value in the column. */
    async count({ table, column, value }: { table: string; column: string; value: string }): Promise<number> {
      const [row] = await sql`
        select count(*)::int as count from ${sql(table)} where to_jsonb(${sql(column)}) #>> '{}' = ${value}`;
      return row?.['count'];
    },
  };
}
