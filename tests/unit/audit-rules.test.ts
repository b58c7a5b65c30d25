import { describe, expect, it } from 'vitest';
import { describeChange } from '#src/audit/rules.ts';

describe('an audit entry', () => {
  it('holds the fields that differ, as they were and as they are', () => {
    const before = { id: '1', name: 'Leith', active: true };
    expect(describeChange(before, { ...before, name: 'Leith Walk' })).toEqual({
      before: { name: 'Leith' },
      after: { name: 'Leith Walk' },
    });
  });

  it('holds all fields of what is new or gone, and null for the side that is not there', () => {
    expect(describeChange(null, { name: 'Leith', country: null })).toEqual({
      before: null,
      after: { name: 'Leith', country: null },
    });
    expect(describeChange({ name: 'Leith' }, null)).toEqual({ before: { name: 'Leith' }, after: null });
  });

  it('compares by value: dates, lists and objects', () => {
    const value = () => ({ at: new Date(0), scopes: ['read'], theme: { primary: '#000' } });
    expect(describeChange(value(), value())).toBeNull();
    expect(describeChange(value(), { ...value(), at: new Date(1), scopes: [] })).toEqual({
      before: { at: new Date(0), scopes: ['read'] },
      after: { at: new Date(1), scopes: [] },
    });
  });

  it('is none where nothing changed but the time of the change', () => {
    const at = (updatedAt: Date) => ({ name: 'Leith', updatedAt });
    expect(describeChange(at(new Date(0)), at(new Date(1)))).toBeNull();
  });

  it('holds no secret that lies deeper', () => {
    const settings = (secret: string) => ({ webhooks: [{ url: 'https://a.example', secret }] });
    expect(describeChange(null, settings('s'))?.after).toEqual({
      webhooks: [{ url: 'https://a.example', secret: '[removed]' }],
    });
    expect(JSON.stringify(describeChange(settings('canary-a'), settings('canary-b')))).not.toContain('canary');
  });

  it('tells a field that came or went from one that is null', () => {
    expect(describeChange({ a: null }, { b: null })).toEqual({ before: { a: null }, after: { b: null } });
  });

  it.each([
    'password',
    'passwordHash',
    'keyHash',
    'key',
    'token',
    'tokenHash',
    'accessToken',
    'refreshToken',
    'webhookSecret',
    'clientSecret',
    'privateKey',
    'signature',
  ])('never holds %s', (name) => {
    const secrets = (value: string) => ({ [name]: value, name: value });
    const removed = (value: string) => ({ [name]: '[removed]', name: value });
    expect(describeChange(secrets('a'), secrets('b'))).toEqual({ before: removed('a'), after: removed('b') });
    expect(describeChange(null, secrets('b'))?.after).toEqual(removed('b'));
    expect(describeChange(secrets('a'), null)?.before).toEqual(removed('a'));
  });

  it("keeps the client's own names, whatever they sound like", () => {
    const theme = (primary: string) => ({ theme: { tokens: { primary }, hashtag: '#acme' } });
    expect(describeChange(theme('#000'), theme('#fff'))).toEqual({ before: theme('#000'), after: theme('#fff') });
  });
});
