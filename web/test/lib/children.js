/** @type {Set<import('node:child_process').ChildProcess>} */
const living = new Set();

/**
 * Ends a child when this process ends, also when the runner stops the file
 * for being late.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
export function endWithUs(child) {
  living.add(child);
  child.once('exit', () => living.delete(child));
}

process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});
process.once('SIGTERM', () => process.exit(1));
