import type { Leaf } from '../yaml.ts';

/** Digits that Go's YAML reader takes for a number, as it writes them itself. */
const decimal = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i;

/**
 * What the MAC of SOPS is made over for a value in the clear: the value as Go's YAML reader understands it (`ToBytes` in
 * sops.go). Empty for nothing (`null`, `~`).
 */
export function hashedBytes({ value, style }: Pick<Leaf, 'value' | 'style'>): string {
  if (style !== 'plain') return value;
  if (/^(?:~|null|Null|NULL)?$/.test(value)) return '';
  if (/^(?:true|True|TRUE)$/.test(value)) return 'True';
  if (/^(?:false|False|FALSE)$/.test(value)) return 'False';
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return `${value}T00:00:00Z`;
  if (/^[-+]?\d{1,18}$/.test(value))
    return String(
      value.startsWith('0') && /^0[0-7]+$/.test(value) ? Number.parseInt(value, 8) : BigInt(value.replace(/^\+/, '')),
    );
  return decimal.test(value) ? String(Number(value)) : value;
}
