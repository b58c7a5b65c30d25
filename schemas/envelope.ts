import { z } from 'zod';
import { Timestamp } from './common.ts';

export const success = <Data extends z.ZodType>(data: Data) => z.object({ success: z.literal(true), data });

export const PageMeta = z
  .object({
    limit: z.int(),
    nextCursor: z.string().nullable().meta({ description: 'Pass it as `cursor` for the next page; null at the end' }),
  })
  .meta({ id: 'PageMeta', example: { limit: 20, nextCursor: null } });

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ success: z.literal(true), data: z.array(item), meta: PageMeta });

export type Page<Item> = { items: Item[]; limit: number; nextCursor: string | null };

/** The success envelope around what an operation returned. */
export function ok<Data>(data: Data) {
  return { success: true as const, data };
}

export function okPage<Item>({ items, limit, nextCursor }: Page<Item>) {
  return { success: true as const, data: items, meta: { limit, nextCursor } };
}

export const FieldError = z
  .object({
    location: z.enum(['body', 'query', 'params', 'headers']),
    field: z.string().meta({ description: 'Path of the field, empty for the whole', example: 'items.0.quantity' }),
    message: z.string(),
  })
  .meta({ id: 'FieldError' });

/** The body of every refusal, whatever its status. */
export const ErrorBody = z
  .object({
    success: z.literal(false),
    error: z.object({
      code: z.string().meta({ description: 'Stable: branch on this, never on the message' }),
      message: z.string(),
      statusCode: z.int(),
      timestamp: Timestamp,
      path: z.string(),
      method: z.string(),
      requestId: z.string(),
      errors: z
        .array(FieldError)
        .optional()
        .meta({ description: 'With VALIDATION_ERROR: what is wrong, field by field' }),
      details: z.record(z.string(), z.unknown()).optional().meta({ description: 'What a client can act on' }),
    }),
  })
  .meta({ id: 'ErrorBody' });

export const Deleted = z.object({ id: z.uuid(), deleted: z.literal(true) }).meta({
  id: 'Deleted',
  example: { id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071', deleted: true },
});
