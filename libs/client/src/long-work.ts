/** Longer than this in one go would be felt by whoever uses the page. */
const SLICE_MS = 25;

/** Cuts long work on the page's only thread into slices, between which it answers to its user. */
export class LongWork {
  #since = performance.now();

  /** Lets everything else run, once this slice has taken its 25 ms. Call it between two pieces of the work. */
  async pause(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await nextTask();
    this.#since = performance.now();
  }
}

/** A task of its own. No timer: browsers hold those of a page in the background back for a second each. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(null);
  });
}
