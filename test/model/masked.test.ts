import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { masked } from '../../src/model/masked.ts';

const dots = '••••••••';

describe('an entry of devices.yml as it is shown', () => {
  test('has dots for passwords, and says where others are kept', () => {
    const entry = {
      ...{ mac: '02:00:00:00:00:01', admin_password: 'geheim', user_password: { env: 'ADMIN' } },
      access: {
        credentials: { user: 'phones', password: { age: 'AGE-TEXT' } },
        token: 'off',
        former: { token: 'geheim' },
      },
      parameters: { 'wifi.password': 'geheim', 'wifi.ssid': 'office', 'account.1.password': { file: 'secrets/1' } },
      lines: [{ extension: '1001', password: 'geheim' }],
    };
    expect(masked(entry)).toEqual({
      ...{ mac: '02:00:00:00:00:01', admin_password: dots, user_password: { env: 'ADMIN' } },
      access: { credentials: { user: 'phones', password: { age: '…' } }, token: 'off', former: { token: dots } },
      parameters: { 'wifi.password': dots, 'wifi.ssid': 'office', 'account.1.password': { file: 'secrets/1' } },
      lines: [{ extension: '1001', password: dots }],
    });
  });

  test('never has what stands under the key of a password, however deep', () => {
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.record({ password: fc.constant('Zq9x') }),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'settings', 'token', 'user_password'), tie('node'), { maxKeys: 3 }),
      ),
    })).node;
    fc.assert(fc.property(tree, (value) => !JSON.stringify(masked(value)).includes('Zq9x')));
  });
});
