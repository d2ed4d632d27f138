// Waiting for a condition with a deadline, never for a time.

/** Asks again and again until it holds; fails with the condition's name when it does not within so many seconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, seconds = 10): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() >= deadline) throw new Error(`within ${seconds} s it did not come about that ${what}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}
