// The tests of robustness.test.ts once more, with every request read by node:http.
import { usual } from '../support/http.ts';

usual.fast = false;
await import('./robustness.test.ts');
