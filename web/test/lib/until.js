/**
 * Waits until probe gives a truthy value and returns it. A probe that throws
 * counts as "not yet"; its last error is in the message of the one that ends
 * the wait.
 *
 * @template T
 * @param {string} what the condition in words, for the error
 * @param {() => T | Promise<T>} probe
 * @param {number} [milliseconds] how long to wait
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, probe, milliseconds = 15_000) {
  const end = Date.now() + milliseconds;
  /** @type {unknown} */
  let last;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const detail = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`not within ${milliseconds} ms: ${what} (last: ${detail})`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
