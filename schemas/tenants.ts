import { z } from 'zod';
import { Currency, Id, IdParam, jsonObject, Locale, PageQuery, Timestamp, Timezone, text, webUrl } from './common.ts';
import { plans } from './plans.ts';
import { FileKey } from './storage.ts';

export const tenantStatuses = ['active', 'suspended', 'closing'] as const;
export type TenantStatus = (typeof tenantStatuses)[number];

const MAX_THEME_BYTES = 8192;

const Subdomain = z
  .string()
  .max(200)
  .transform((label) => label.normalize('NFKC').toLowerCase())
  .pipe(
    z
      .string()
      .min(3)
      .max(63)
      .regex(/^[a-z0-9](?:[a-z0-9]|-(?!-))*[a-z0-9]$/, 'must be letters a-z, digits and single hyphens inside'),
  )
  .meta({ description: 'A DNS label, compared without regard to case', example: 'acme' });

const Domain = z
  .string()
  .max(253)
  .toLowerCase()
  .regex(
    /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/,
    'must be a domain name',
  )
  .meta({ description: 'A host name of the brand', example: 'shop.acme.example' });

const Theme = jsonObject(MAX_THEME_BYTES).meta({
  description: 'Colours, fonts and the like, for the client app to read',
  example: { primaryColor: '#0a7cff' },
});

const settings = {
  name: text(120).meta({ example: 'Acme Coffee' }),
  currency: Currency,
  timezone: Timezone,
  locale: Locale,
  description: text(2000).nullable(),
  logoUrl: webUrl.nullable(),
  theme: Theme,
  public: z.boolean().meta({ description: 'Listed in the public directory. The page by subdomain answers either way' }),
};

export const CreateTenantBody = z
  .object(settings)
  .partial()
  .extend({ name: settings.name, subdomain: Subdomain })
  .meta({ id: 'CreateTenantBody', example: { name: 'Acme Coffee', subdomain: 'acme', currency: 'EUR' } });
export type CreateTenantBody = z.output<typeof CreateTenantBody>;

export const UpdateTenantBody = z
  .object(settings)
  .extend({
    customDomain: Domain.nullable(),
    logoKey: FileKey.nullable().meta({
      description: 'A public file of the purpose `logo`: `logoUrl` shows it then. null takes both away',
    }),
    graceDays: z
      .int()
      .min(0)
      .max(60)
      .meta({ description: 'Days that a membership keeps its benefits after a failed renewal' }),
  })
  .partial()
  .refine(({ logoKey, logoUrl }) => logoKey == null || logoUrl == null, {
    path: ['logoKey'],
    message: 'must not be given together with logoUrl',
  })
  .meta({ id: 'UpdateTenantBody', example: { description: 'Roasted in Leith', timezone: 'Europe/London' } });
export type UpdateTenantBody = z.output<typeof UpdateTenantBody>;

export const SetTenantStatusBody = z
  .object({ status: z.enum(tenantStatuses) })
  .meta({ id: 'SetTenantStatusBody', example: { status: 'closing' } });

export const SetStripeAccountBody = z
  .object({
    stripeAccountId: z
      .string()
      .regex(/^acct_\w{1,64}$/, 'must be the id of a connected account: acct_…')
      .nullable()
      .meta({ description: 'null for the account of the platform' }),
  })
  .meta({ id: 'SetStripeAccountBody', example: { stripeAccountId: null } });

export const TenantParams = z.object({ tenantId: IdParam });

/** Any text: what cannot be a subdomain is simply not found. */
export const SubdomainParams = z.object({ subdomain: z.string().max(200).meta({ example: 'acme' }) });

export const ListPublicTenantsQuery = PageQuery.extend({
  domain: text(254)
    .toLowerCase()
    .transform((domain) => domain.replace(/\.$/, ''))
    .optional()
    .meta({ description: 'Finds the one brand of a custom domain' }),
});

const exampleTenant = {
  id: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  name: 'Acme Coffee',
  subdomain: 'acme',
  customDomain: 'coffee.acme.example',
  description: 'Roasted in Leith.',
  logoUrl: 'https://cdn.acme.example/logo.png',
  theme: { primaryColor: '#6f4e37' },
  locale: 'en-GB',
  currency: 'GBP',
};

export const PublicTenant = z
  .object({
    id: Id,
    name: z.string(),
    subdomain: z.string(),
    customDomain: z.string().nullable(),
    description: z.string().nullable(),
    logoUrl: z.string().nullable(),
    theme: z.record(z.string(), z.unknown()),
    locale: z.string(),
    currency: z.string(),
  })
  .meta({ id: 'PublicTenant', example: exampleTenant });
export type PublicTenant = z.output<typeof PublicTenant>;

export const Tenant = PublicTenant.extend({
  logoKey: z.string().nullable().meta({ description: 'The file that logoUrl shows, if it is one' }),
  timezone: z.string(),
  public: z.boolean(),
  status: z.enum(tenantStatuses),
  plan: z.enum(plans).meta({ description: 'Decides the limits of its API keys; the platform sets it' }),
  graceDays: z.int().meta({ description: 'Days that a membership keeps its benefits after a failed renewal' }),
  stripeAccountId: z.string().nullable().meta({ description: 'The connected account that gets the card payments' }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
}).meta({
  id: 'Tenant',
  example: {
    ...exampleTenant,
    logoKey: null,
    timezone: 'Europe/London',
    public: true,
    status: 'active',
    plan: 'free',
    graceDays: 7,
    stripeAccountId: null,
    createdAt: '2026-11-23T14:15:16.123Z',
    updatedAt: '2026-11-23T14:15:16.123Z',
  },
});
export type Tenant = z.output<typeof Tenant>;
