import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ImportCodesBody, ImportedCodes } from '#schemas/coupon-codes.ts';
import { CouponParams } from '#schemas/coupons.ts';
import { ok, success } from '#schemas/envelope.ts';
import { TOO_MANY_CODES } from '#src/coupons/errors.ts';
import { importCodes } from '#src/coupons/import-codes.ts';
import { firstFields } from '#src/lib/csv.ts';
import { AppError, UNSUPPORTED_MEDIA_TYPE } from '#src/lib/errors.ts';

export const importCodesRoute: FastifyPluginAsyncZod = async (app) => {
  // Besides JSON, and here alone: the same codes, one a line.
  app.addContentTypeParser('text/csv', { parseAs: 'string' }, (request, body, done) => {
    const { 'content-encoding': encoding = 'identity' } = request.headers;
    if (encoding !== 'identity') return done(new AppError(UNSUPPORTED_MEDIA_TYPE));
    done(null, { codes: firstFields(String(body), 'code') });
  });
  app.post(
    '/:tenantId/:couponId/codes/import',
    {
      config: { errors: [TOO_MANY_CODES] },
      schema: {
        operationId: 'importCodes',
        tags: ['Coupons'],
        summary: 'Import codes',
        description:
          'Up to 20,000 codes for one person each that were made elsewhere, in JSON or as `text/csv` with one a line. Those that can be taken are, and the others are answered with their line: `INVALID`, `DUPLICATE` within the import, or `TAKEN` by another coupon. The same import again changes nothing. Codes of under 40 random bits are taken too, and counted as `weak`.',
        params: CouponParams,
        body: ImportCodesBody,
        response: { 200: success(ImportedCodes), 201: success(ImportedCodes) },
      },
    },
    async (request, reply) => {
      const answer = await importCodes(request.ctx, { ...request.params, ...request.body });
      return reply.code(answer.batch ? 201 : 200).send(ok(answer));
    },
  );
};
