import { invalid, missingParam } from './errors.ts';
import type { Params } from './form.ts';
import type { Metadata } from './types.ts';

/** Sent, even if empty: an empty text unsets a field. */
export function isSent(params: Params, name: string): boolean {
  return params[name] !== undefined;
}

export function text(params: Params, name: string): string | undefined {
  const value = params[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw invalid(`Invalid string: ${JSON.stringify(value)}`, { param: name });
  return value;
}

export function required(params: Params, name: string): string {
  const value = text(params, name);
  if (value === undefined) throw missingParam(name);
  return value;
}

export function integer(params: Params, name: string): number | undefined {
  const value = text(params, name);
  if (value === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(value)) {
    throw invalid(`Invalid integer: ${value}`, { code: 'parameter_invalid_integer', param: name });
  }
  return Number(value);
}

export function decimal(params: Params, name: string): number | undefined {
  const value = text(params, name);
  if (value === undefined) return undefined;
  if (!/^-?\d{1,12}(\.\d{1,12})?$/.test(value)) throw invalid(`Invalid decimal: ${value}`, { param: name });
  return Number(value);
}

export function flag(params: Params, name: string): boolean | undefined {
  const value = text(params, name);
  if (value === undefined) return undefined;
  if (value !== 'true' && value !== 'false') throw invalid(`Invalid boolean: ${value}`, { param: name });
  return value === 'true';
}

export function choice<T extends string>(
  params: Params,
  { name, of }: { name: string; of: readonly T[] },
): T | undefined {
  const value = text(params, name);
  if (value === undefined) return undefined;
  const found = of.find((one) => one === value);
  if (found === undefined) throw invalid(`Invalid ${name}: must be one of ${of.join(', ')}`, { param: name });
  return found;
}

export function hash(params: Params, name: string): Params | undefined {
  const value = params[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' || Array.isArray(value)) throw invalid('Invalid object', { param: name });
  return value;
}

export function hashes(params: Params, name: string): Params[] | undefined {
  const value = params[name];
  if (value === undefined) return undefined;
  if (value === '') return [];
  if (!Array.isArray(value)) throw invalid('Invalid array', { param: name });
  return value.map((one) => {
    if (typeof one === 'string' || Array.isArray(one)) throw invalid('Invalid object', { param: name });
    return one;
  });
}

export function texts(params: Params, name: string): string[] | undefined {
  const value = params[name];
  if (value === undefined) return undefined;
  if (value === '') return [];
  if (!Array.isArray(value)) throw invalid('Invalid array', { param: name });
  return value.map((one) => {
    if (typeof one !== 'string') throw invalid('Invalid string', { param: name });
    return one;
  });
}

/** Stripe merges: a name that is not sent stays, an empty value removes its name, an empty `metadata` removes all. */
export function mergedMetadata(params: Params, before: Metadata | null = {}): Metadata {
  const sent = params['metadata'];
  if (sent === undefined) return before ?? {};
  if (sent === '') return {};
  const given = Object.entries(hash(params, 'metadata') ?? {}).map(([name, value]) => {
    if (typeof value !== 'string') throw invalid('Metadata values must be strings', { param: `metadata[${name}]` });
    if (name.length > 40) throw invalid('Metadata keys can have up to 40 characters', { param: 'metadata' });
    if (value.length > 500) throw invalid('Metadata values can have up to 500 characters', { param: 'metadata' });
    return [name, value] as const;
  });
  const merged = Object.entries({ ...before, ...Object.fromEntries(given) }).filter(([, value]) => value !== '');
  if (merged.length > 50) throw invalid('You may only specify up to 50 metadata keys.', { param: 'metadata' });
  return Object.fromEntries(merged);
}
