import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { PortCarrier } from '../../../src/channel/port.js';

/** Starts a thread in which `carrier` is the other end of the one that is returned. */
const start = (body: string): PortCarrier => {
  const { outputFiles } = buildSync({
    stdin: {
      contents: `
        import { workerData } from 'node:worker_threads';
        import { PortCarrier } from './port.ts';
        const carrier = new PortCarrier(workerData.port);
        ${body}`,
      resolveDir: fileURLToPath(new URL('../../../src/channel', import.meta.url)),
    },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
  });
  const { port1, port2 } = new MessageChannel();
  new Worker(outputFiles[0].text, { eval: true, workerData: { port: port2 }, transferList: [port2] }).unref();
  return new PortCarrier(port1);
};

describe('a port to a thread', () => {
  it.each(['carrier.close();', 'carrier.close(); process.exit();'])(
    'delivers what the thread sent before it ended with %s',
    async ending => {
      const carrier = start(`
        carrier.onMessage = message => {
          for (let index = 0; index < 50; index++) carrier.send(new Uint8Array(30_000).fill(message[0] + index));
          ${ending}
        };`);
      const received: number[] = [];
      carrier.onMessage = message => received.push(message[29_999]);
      const closed = new Promise<void>(resolve => (carrier.onClosed = resolve));
      carrier.send(Uint8Array.of(100));
      await closed;
      expect(received).toEqual(Array.from({ length: 50 }, (_, index) => 100 + index));
    },
  );

  it('tells that the thread has died', async () => {
    const carrier = start('process.exit();');
    await new Promise<void>(resolve => (carrier.onClosed = resolve));
  });
});
