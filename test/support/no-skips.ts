import type { Reporter, TestModule } from 'vitest/node';

/**
 * In CI a test that was skipped is a test that is missing: the peer that it needs was not installed. Prints the sum in
 * one plain line, too.
 */
export default class NoSkips implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const in_ = (state: string) => tests.filter((test) => test.result().state === state);
    for (const test of in_('skipped')) console.log(`skipped, which CI does not allow: ${test.fullName}`);
    if (in_('skipped').length > 0) process.exitCode = 1;
    console.log(`${in_('passed').length} passed, ${in_('failed').length} failed, ${in_('skipped').length} skipped`);
  }
}
