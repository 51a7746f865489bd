// The tests of answers.test.ts once more, with every request read by node:http.
import { usual } from '../support/http.ts';

usual.fast = false;
await import('./answers.test.ts');
