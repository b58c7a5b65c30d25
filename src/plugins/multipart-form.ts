import multipart, { type MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { z } from 'zod';
import { AppError, PAYLOAD_TOO_LARGE, type Refusal, UNSUPPORTED_MEDIA_TYPE, VALIDATION_ERROR } from '../lib/errors.ts';
import { LIMITS } from '../lib/limits.ts';
import { drainBody, freeBefore } from '../lib/request-bodies.ts';

export type FormFile = Pick<MultipartFile, 'file' | 'filename' | 'mimetype'> & {
  /** To be told of each chunk that is done with, in their order. */
  onDone: (chunk: Buffer) => void;
};
/** What the form says beside its file: null while that is not enough, and all of it once the form has ended. */
export type SeenFields<Fields> = { fields: Fields | null; allFields: () => Promise<Fields> };
type Form<Fields, Result> = {
  schema: z.ZodType<Fields>;
  /** Called once, when the file begins: it has to read the file to its end, or fail. */
  onFile: (file: FormFile, seen: SeenFields<Fields>) => Promise<Result>;
};

declare module 'fastify' {
  interface FastifyRequest {
    /** Reads the form of the body: text fields, and exactly one file called `file`, in any order. */
    readForm: <Fields, Result>(form: Form<Fields, Result>) => Promise<Result>;
  }
}

const FORM_LIMITS = { parts: 12, fields: 10, files: 1, fieldNameSize: 100, fieldSize: 1_000, headerPairs: 20 };
const NO_FORM: Refusal = { ...UNSUPPORTED_MEDIA_TYPE, message: 'Send multipart/form-data.' };

/** Forms with a file, for the routes that it is registered around: all others take JSON alone. */
export const multipartForm = fp(
  async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => done(new AppError(NO_FORM)));
    // One byte more, so that what is too large is seen, and refused by whoever reads it.
    await app.register(multipart, {
      limits: { ...FORM_LIMITS, fileSize: LIMITS.fileBytes + 1 },
      throwFileSizeLimit: false,
    });
    app.decorateRequest('readForm', function (this: FastifyRequest, form) {
      return readForm(this, form).catch((error) => {
        drainBody(this.raw);
        throw error;
      });
    });
  },
  { name: 'multipart-form' },
);

async function readForm<Fields, Result>(
  request: FastifyRequest,
  { schema, onFile }: Form<Fields, Result>,
): Promise<Result> {
  if (!request.isMultipart()) throw new AppError(NO_FORM);
  // At its lowest level the library logs all headers, and so the credential.
  request.log = Object.assign(Object.create(request.log), { trace: () => {} });
  const parts = request.parts();
  const given: Record<string, string> = {};
  const readFields = async () => {
    for (;;) {
      const next = await parts.next().catch(refuse);
      if (next.done) return null;
      const part = next.value;
      if (part.type === 'file') return part;
      addField(given, part);
    }
  };
  const file = await readFields();
  if (file?.fieldname !== 'file') {
    file?.file.resume();
    throw invalid('file', file ? 'is what the field of the file must be called' : 'is required');
  }
  const early = schema.safeParse({ ...given });
  // What is wrong already does not get better.
  const wrong = early.error?.issues.filter(({ path }) => Object.hasOwn(given, String(path[0]))) ?? [];
  if (wrong.length > 0) throw invalidFields(wrong);
  const allFields = async () => {
    const second = await readFields();
    second?.file.resume();
    if (second) throw invalid('file', 'is given twice');
    const all = schema.safeParse(given);
    if (!all.success) throw invalidFields(all.error.issues);
    return all.data;
  };
  const onDone = freeBefore(request.raw, file.file);
  return onFile({ ...file, onDone }, { fields: early.data ?? null, allFields });
}

type Field = { fieldname: string; value: unknown; fieldnameTruncated: boolean; valueTruncated: boolean };

function addField(given: Record<string, string>, field: Field): void {
  const { fieldname: name, value } = field;
  if (field.fieldnameTruncated || field.valueTruncated) throw invalid(name.slice(0, 100), 'is too long');
  if (Object.hasOwn(given, name)) throw invalid(name, 'is given twice');
  // An input of a page that was left empty says nothing.
  if (value !== '') given[name] = String(value);
}

function invalidFields(issues: readonly z.core.$ZodIssue[]): AppError {
  const errors = issues.map(({ path, message }) => ({ location: 'body', field: path.join('.'), message }));
  return new AppError(VALIDATION_ERROR, { errors });
}

function invalid(field: string, message: string, cause?: unknown): AppError {
  return new AppError(VALIDATION_ERROR, { errors: [{ location: 'body', field, message }] }, { cause });
}

/** What the parser refuses is the sender's mistake. */
function refuse(error: { statusCode?: number }): never {
  if (error.statusCode === 413) throw new AppError(PAYLOAD_TOO_LARGE, undefined, { cause: error });
  throw invalid('', 'is not a well-formed form with one file', error);
}
