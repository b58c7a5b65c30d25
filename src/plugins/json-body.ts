import { isUtf8 } from 'node:buffer';
import fp from 'fastify-plugin';
import { AppError, MALFORMED_JSON, UNSUPPORTED_MEDIA_TYPE } from '../lib/errors.ts';
import { findJsonFault } from '../lib/json-guard.ts';

/** Only JSON in UTF-8, uncompressed; bounded in depth and keys; `__proto__` and duplicate keys refused. */
export const jsonBody = fp(
  async (app) => {
    const parseJson = app.getDefaultJsonParser('error', 'error');
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
      const encoding = request.headers['content-encoding'];
      const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
      if ((encoding && encoding !== 'identity') || (charset && charset.toLowerCase() !== 'utf-8')) {
        return done(new AppError(UNSUPPORTED_MEDIA_TYPE));
      }
      // No body at all: the route's schema says whether it needs one.
      if (body.length === 0) return done(null, undefined);
      if (!isUtf8(body)) return done(malformed('The body is not valid UTF-8.'));
      const text = body.toString();
      const fault = findJsonFault(text);
      if (fault) return done(malformed(fault));
      parseJson(request, text, done);
    });
  },
  { name: 'json-body' },
);

function malformed(message: string): AppError {
  return new AppError({ ...MALFORMED_JSON, message });
}
