import { expect } from 'vitest';
import { z } from 'zod';
import type { Answer } from './test-app.ts';

/** Contract, section 1, written down apart from the product's own schema. */
const FieldError = z.strictObject({
  location: z.enum(['body', 'query', 'params', 'headers']),
  field: z.string(),
  message: z.string().min(1),
});
const Envelope = z.strictObject({
  success: z.literal(false),
  error: z.strictObject({
    code: z.string().regex(/^[A-Z][A-Z_]+$/),
    message: z.string().min(1),
    statusCode: z.int().min(400).max(599),
    timestamp: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    path: z.string().regex(/^\/[^?]*$/),
    method: z.string().regex(/^[A-Z]+$/),
    requestId: z.string().min(1).max(128),
    errors: z.array(FieldError).min(1).optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});

/** What is wrong with a refusal, or null. */
export function envelopeFault(answer: Answer): string | null {
  const parsed = Envelope.safeParse(answer.body);
  if (!parsed.success) return `${answer.status} ${answer.text.slice(0, 300)}: ${z.prettifyError(parsed.error)}`;
  const { error } = parsed.data;
  if (error.statusCode !== answer.status) return `statusCode ${error.statusCode} in a ${answer.status}`;
  if (error.requestId !== answer.headers['x-request-id']) return 'X-Request-Id is not error.requestId';
  if (error.code === 'VALIDATION_ERROR' && !error.errors) return `VALIDATION_ERROR without errors: ${answer.text}`;
  if (/drizzle|postgres|select |node_modules|\bat \/|ECONN/i.test(error.message)) return `leaks: ${error.message}`;
  return null;
}

export function expectRefusal(answer: Answer, status: number, code?: string): void {
  expect(answer.status, answer.text).toBe(status);
  expect(envelopeFault(answer)).toBeNull();
  if (code) expect(answer.body.error.code, answer.text).toBe(code);
}

/** The parts of an answer that must not tell a foreign object from a missing one. */
export function comparable({ status, body, headers }: Answer) {
  const { timestamp: _timestamp, path: _path, requestId: _requestId, ...error } = body?.error ?? {};
  return { status, body: body?.error ? { ...body, error } : body, headers: Object.keys(headers).sort() };
}
