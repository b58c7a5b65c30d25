import { z } from 'zod';
import { Id, IdParam, jsonObject, PageQuery, Timestamp, text } from './common.ts';
import { Money } from './money.ts';
import { FileKey, ImageUrls } from './storage.ts';

export const productStatuses = ['draft', 'active', 'archived'] as const;
export type ProductStatus = (typeof productStatuses)[number];
export const productTypes = ['physical', 'digital', 'service'] as const;
export type ProductType = (typeof productTypes)[number];
/** How somebody came by a product. */
export const ownershipSources = ['payment', 'membership', 'quest', 'coupon', 'referral', 'grant'] as const;
export type OwnershipSource = (typeof ownershipSources)[number];

const MAX_METADATA_BYTES = 8192;

export const SaveProductBody = z
  .object({
    id: z
      .uuidv7()
      .toLowerCase()
      .optional()
      .meta({ description: 'UUIDv7 of the product to change; of a new one, if there is none with it' }),
    externalId: text(128)
      .optional()
      .meta({ description: "The brand's own id, unique in the brand", example: 'erp-4711' }),
    name: text(200),
    description: text(5000).nullable().optional(),
    sku: text(64).nullable().optional().meta({ description: 'Unique in the brand' }),
    price: Money,
    pointsPrice: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .nullable()
      .optional()
      .meta({ description: 'What one costs in points, beside its price; null: it is not sold for points' }),
    status: z
      .enum(productStatuses)
      .optional()
      .meta({ description: 'A new one is a draft; only active ones are shown' }),
    stock: z
      .int()
      .min(0)
      .max(1_000_000_000)
      .nullable()
      .optional()
      .meta({ description: 'null for as many as are asked' }),
    type: z.enum(productTypes).optional().meta({ description: 'A new one is physical' }),
    tierIds: z
      .array(IdParam)
      .max(50)
      .optional()
      .meta({ description: 'Only members of these tiers may buy it; empty: all' }),
    imageKeys: z
      .array(FileKey)
      .max(20)
      .optional()
      .meta({ description: 'Public files of the purpose `product`, in the order in which they are shown' }),
    metadata: jsonObject(MAX_METADATA_BYTES).optional(),
  })
  .meta({
    id: 'SaveProductBody',
    example: {
      externalId: 'erp-4711',
      name: 'Espresso beans, 1 kg',
      price: { amount: 2490, currency: 'EUR' },
      status: 'active',
    },
  });
export type SaveProductBody = z.output<typeof SaveProductBody>;

export const ProductParams = z.object({ tenantId: IdParam, productId: IdParam });
export const ProductsQuery = PageQuery.extend({
  q: text(100)
    .optional()
    .meta({ description: 'Words, or beginnings of words, of name, description or SKU; the first eight count' }),
});

export const exampleProduct = {
  id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
  tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  externalId: 'erp-4711',
  name: 'Espresso beans, 1 kg',
  description: null,
  sku: 'ESP-1000',
  price: { amount: 2490, currency: 'EUR' },
  pointsPrice: null,
  status: 'active',
  stock: 12,
  type: 'physical',
  tierIds: [],
  imageKeys: [],
  images: [],
  metadata: {},
  version: 1,
  createdAt: '2026-11-23T14:15:16.123Z',
  updatedAt: '2026-11-23T14:15:16.123Z',
};

export const Product = z
  .object({
    id: Id,
    tenantId: Id,
    externalId: z.string().nullable(),
    name: z.string(),
    description: z.string().nullable(),
    sku: z.string().nullable(),
    price: z.object({ amount: z.int(), currency: z.string() }),
    pointsPrice: z.int().nullable().meta({ description: 'What one costs in points; null: it is not sold for points' }),
    status: z.enum(productStatuses),
    stock: z.int().nullable(),
    type: z.enum(productTypes),
    tierIds: z.array(Id),
    imageKeys: z.array(z.string()),
    images: z.array(ImageUrls.extend({ key: z.string() })),
    metadata: z.record(z.string(), z.unknown()),
    version: z.int().meta({ description: 'Rises with each change; the ETag, for If-Match' }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  })
  .meta({ id: 'Product', example: exampleProduct });
export type Product = z.output<typeof Product>;

export const OwnedProduct = z
  .object({
    product: Product,
    quantity: z.int(),
    source: z.enum(ownershipSources),
    sourceId: Id,
    acquiredAt: Timestamp,
  })
  .meta({
    id: 'OwnedProduct',
    example: {
      product: exampleProduct,
      quantity: 1,
      source: 'payment',
      sourceId: '019ab3c4-9999-7b02-8c3d-4e5f60718293',
      acquiredAt: '2026-11-23T14:15:16.123Z',
    },
  });
export type OwnedProduct = z.output<typeof OwnedProduct>;
