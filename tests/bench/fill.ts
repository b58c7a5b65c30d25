import argon2 from 'argon2';
import postgres from 'postgres';
import { HASH_PARAMETERS } from '#src/clients/passwords.ts';

export const TENANTS = 10_000;
export const USERS = 2_000;
export const PASSWORD = 'quiet-harbour-41';

export const subdomainOf = (number: number) => `brand-${number}`;
export const emailOf = (number: number) => `person-${number}@example.com`;

/** Brands with a public page of a usual size, and people who share one password's hash. */
export async function fillDatabase(url: string): Promise<{ passwordHash: string }> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const passwordHash = await argon2.hash(PASSWORD, HASH_PARAMETERS);
  try {
    await sql`
      insert into tenants (id, name, subdomain, custom_domain, description, logo_url, theme, locale, currency,
        timezone, public, status, created_at, updated_at)
      select uuidv7(), 'Brand ' || n, 'brand-' || n, 'shop.brand-' || n || '.example',
        'Roasted in Leith, number ' || n || ', and sent to wherever somebody is thirsty.',
        'https://cdn.example.com/brands/' || n || '/logo.png',
        jsonb_build_object('primaryColor', '#6f4e37', 'accentColor', '#0a7cff', 'font', 'Inter', 'radius', 8),
        'en-GB', 'GBP', 'Europe/London', true, 'active', now(), now()
      from generate_series(0, ${TENANTS - 1}::int) n`;
    await sql`
      insert into users (id, email, password_hash, name, email_verified_at, created_at, updated_at)
      select uuidv7(), 'person-' || n || '@example.com', ${passwordHash}, 'Person ' || n, now(), now(), now()
      from generate_series(0, ${USERS - 1}::int) n`;
    await sql`vacuum (analyze, freeze) tenants, users`;
    await sql`checkpoint`;
  } finally {
    await sql.end();
  }
  return { passwordHash };
}
