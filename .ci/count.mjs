// Prints `N passed, N failed` from the JSON report of a vitest run; nothing when the run left no report.
// A test file that failed without a failing test in it (it could not be loaded, or a hook broke) counts as one failure.
import { readFileSync } from 'node:fs';

const text = readFileSync(process.argv[2], 'utf8');
if (text !== '') {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(text);
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  console.log(`${numPassedTests} passed, ${numFailedTests + broken.length} failed`);
}
