import { z } from 'zod';
import { Id, IdParam, PageQuery, Timestamp } from './common.ts';
import { CouponParams } from './coupons.ts';

export const codeBatchSources = ['pattern', 'import'] as const;
/** A batch that was revoked while it was made stays as it is. */
export const codeBatchStatuses = ['queued', 'running', 'done', 'revoked'] as const;
export const codeStatuses = ['unused', 'used', 'revoked'] as const;
/** What the places of a pattern are filled with. */
export const codeCharsets = ['alphanumeric', 'letters', 'digits'] as const;
export type CodeCharset = (typeof codeCharsets)[number];

const MAX_COUNT = 100_000;
const MAX_IMPORT = 20_000;

export const CreateCodesBody = z
  .object({
    count: z.int().min(1).max(MAX_COUNT),
    pattern: z
      .string()
      .regex(/^[A-Za-z0-9_#-]{3,40}$/, 'must be 3 to 40 of A-Z, a-z, 0-9, _, - and #')
      .meta({ description: 'Each # becomes a random character: 40 random bits at least, which are 8 of alphanumeric' }),
    charset: z
      .enum(codeCharsets)
      .default('alphanumeric')
      .meta({ description: 'None has letters beside digits that they are mistaken for (0, O, 1, I)' }),
  })
  .meta({ id: 'CreateCodesBody', example: { count: 3, pattern: 'SUMMER-####-####' } });
export type CreateCodesBody = z.output<typeof CreateCodesBody>;

export const ImportCodesBody = z
  .object({ codes: z.array(z.string().max(200)).min(1).max(MAX_IMPORT) })
  .meta({ id: 'ImportCodesBody', example: { codes: ['PARTNER-7Q2XM4KD', 'PARTNER-9W3ZP5LF'] } });
export type ImportCodesBody = z.output<typeof ImportCodesBody>;

const exampleBatch = {
  id: '019ab3c4-baba-7b02-8c3d-4e5f60718293',
  couponId: '019ab3c4-dddd-7b02-8c3d-4e5f60718293',
  source: 'pattern',
  pattern: 'SUMMER-####-####',
  charset: 'alphanumeric',
  status: 'running',
  count: 100_000,
  made: 42_000,
  createdAt: '2026-11-23T14:15:16.123Z',
  updatedAt: '2026-11-23T14:15:19.456Z',
  finishedAt: null,
};

export const CodeBatch = z
  .object({
    id: Id,
    couponId: Id,
    source: z.enum(codeBatchSources),
    pattern: z.string().nullable(),
    charset: z.enum(codeCharsets).nullable(),
    status: z.enum(codeBatchStatuses),
    count: z.int(),
    made: z.int().meta({ description: 'How many of `count` there are by now' }),
    createdAt: Timestamp,
    updatedAt: Timestamp,
    finishedAt: Timestamp.nullable(),
  })
  .meta({ id: 'CodeBatch', example: exampleBatch });
export type CodeBatch = z.output<typeof CodeBatch>;
export const CodeBatchAnswer = z.object({ batch: CodeBatch });

/** Why a line of an import was left out. */
export const importProblems = ['INVALID', 'DUPLICATE', 'TAKEN'] as const;
export type ImportProblem = (typeof importProblems)[number];

export const ImportedCodes = z
  .object({
    batch: CodeBatch.nullable().meta({ description: 'null when no code was new' }),
    imported: z.int(),
    unchanged: z.int().meta({ description: 'Codes that the coupon had already, from an earlier import' }),
    rejected: z.int(),
    weak: z.int().meta({ description: 'Imported codes that are short enough to be guessed: under 40 random bits' }),
    problems: z
      .array(z.object({ line: z.int(), code: z.string(), problem: z.enum(importProblems) }))
      .meta({ description: 'The first 1,000 that were rejected, by the number of their line, from 1' }),
  })
  .meta({ id: 'ImportedCodes' });
export type ImportedCodes = z.output<typeof ImportedCodes>;

export const CouponCode = z
  .object({
    id: Id,
    couponId: Id,
    batchId: Id.nullable(),
    code: z.string(),
    status: z.enum(codeStatuses),
    createdAt: Timestamp,
    usedAt: Timestamp.nullable(),
    revokedAt: Timestamp.nullable(),
  })
  .meta({ id: 'CouponCode' });
export type CouponCode = z.output<typeof CouponCode>;

export const CodesQuery = PageQuery.extend({ batchId: IdParam.optional() });
export type CodesQuery = z.output<typeof CodesQuery>;
export const BatchParams = CouponParams.extend({ batchId: IdParam });
export const CodeParams = CouponParams.extend({ codeId: IdParam });
