import { z } from 'zod';
import { Country, Currency, Id, IdParam, Timezone, text } from './common.ts';

const Slug = z
  .string()
  .toLowerCase()
  .max(63)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be letters a-z, digits and single hyphens inside')
  .meta({ description: 'Unique in the tenant; made from the name when absent', example: 'leith-walk' });

const line = text(200).nullable();
const Address = z
  .object({ line1: line, line2: line, city: line, region: line, postalCode: text(20).nullable() })
  .partial()
  .meta({ id: 'StoreAddress', example: { line1: '12 Leith Walk', city: 'Edinburgh', postalCode: 'EH6 5DT' } });
export type StoreAddress = z.output<typeof Address>;

const fields = {
  name: text(120),
  slug: Slug,
  currency: Currency.meta({ description: "ISO 4217; the tenant's when absent" }),
  timezone: Timezone.meta({ description: "IANA time zone; the tenant's when absent" }),
  country: Country.nullable(),
  address: Address.nullable(),
  active: z.boolean().meta({ description: 'Inactive stores are hidden from the public' }),
};

export const CreateStoreBody = z
  .object(fields)
  .partial()
  .extend({ name: fields.name })
  .meta({ id: 'CreateStoreBody', example: { name: 'Leith Walk', country: 'GB', timezone: 'Europe/London' } });
export type CreateStoreBody = z.output<typeof CreateStoreBody>;

export const UpdateStoreBody = z
  .object(fields)
  .partial()
  .meta({ id: 'UpdateStoreBody', example: { name: 'Leith Walk (new)', active: true } });
export type UpdateStoreBody = z.output<typeof UpdateStoreBody>;

export const StoreParams = z.object({ tenantId: IdParam, storeId: IdParam });

export const Store = z
  .object({
    id: Id,
    tenantId: Id,
    name: z.string(),
    slug: z.string(),
    currency: z.string(),
    timezone: z.string(),
    country: z.string().nullable(),
    address: z
      .object({
        line1: z.string().nullish(),
        line2: z.string().nullish(),
        city: z.string().nullish(),
        region: z.string().nullish(),
        postalCode: z.string().nullish(),
      })
      .nullable(),
    isDefault: z.boolean(),
    active: z.boolean(),
  })
  .meta({
    id: 'Store',
    example: {
      id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
      tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
      name: 'Leith Walk',
      slug: 'leith-walk',
      currency: 'GBP',
      timezone: 'Europe/London',
      country: 'GB',
      address: { line1: '12 Leith Walk', city: 'Edinburgh', postalCode: 'EH6 5DT' },
      isDefault: true,
      active: true,
    },
  });
export type Store = z.output<typeof Store>;
