import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so, looking every 200 ms. */
export async function until(condition: () => Promise<boolean>, timeout = 20_000): Promise<void> {
  const deadline = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`still not so after ${timeout} ms: ${condition.toString()}`);
    await sleep(200);
  }
}
