import { describe, expect, test } from 'vitest';
import type { Mac } from '../../src/model/mac.ts';
import { defaultUploads, isGivenBack, resolveUploads, ruleFor, uploadRule } from '../../src/model/upload.ts';

const phone = '0004f2abcdef' as Mac;

describe('the name of an upload', () => {
  const rules = [
    uploadRule({ name: '{mac}-Phone.cfg', kind: 'override', append: false }),
    uploadRule({ name: 'x{mac}-*core*', kind: 'core', append: false }),
    uploadRule({ name: '{mac}-*.log', kind: 'log', append: true }),
  ];
  const kindOf = (name: string) => ruleFor(rules, name, phone)?.kind;

  test.each([
    [`${phone}-phone.cfg`, 'override'],
    [`x${phone}-core`, 'core'],
    [`x${phone}-3.core.gz`, 'core'],
    [`${phone}-app.log`, 'log'],
    [`${phone}-.log`, 'log'],
  ])('%s is of kind %s', (name, kind) => {
    expect(kindOf(name)).toBe(kind);
  });

  test.each([
    `${phone}-phoneXcfg`,
    `${phone}-phone.cfg.bak`,
    `a${phone}-phone.cfg`,
    '0004f2000001-phone.cfg',
    `${phone}-a/b.log`,
    `${phone}-a b.log`,
    `${phone}-${phone}.log`,
    '{mac}-phone.cfg',
  ])('%s is none', (name) => {
    expect(kindOf(name)).toBeUndefined();
  });

  test('says whether the phone gets the file again', () => {
    expect(['override', 'directory', 'calls'].map((kind) => isGivenBack({ kind } as never))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['log', 'core'].map((kind) => isGivenBack({ kind } as never))).toEqual([false, false]);
  });
});

test('uploads are off until somebody says otherwise, and limits are in mebibytes', () => {
  expect(resolveUploads(undefined)).toBeUndefined();
  expect(resolveUploads('off')).toBeUndefined();
  expect(resolveUploads('on')).toEqual(defaultUploads);
  expect(resolveUploads({ device_mb: 8, give_back: false })).toEqual({
    ...defaultUploads,
    device: 8 * 1_048_576,
    give_back: false,
  });
});
