import { type Producer } from '../../../src/api/types/producer.js';
import { type Router } from '../../../src/api/types/router.js';
import { type SimulatedWorker } from './simulated-worker.js';

/** A Producer like `source` in another Router, as `pipeToRouter` makes between hosts. */
export async function pipe(
  source: Producer,
  [worker, router]: [SimulatedWorker, Router],
  [otherWorker, otherRouter]: [SimulatedWorker, Router],
): Promise<Producer> {
  const settle = <T>(promise: Promise<T>): Promise<T> => worker.settle(promise);
  const create = (at: Router, { ip }: SimulatedWorker) =>
    settle(at.createPipeTransport({ enableRtx: true, listenInfo: { protocol: 'udp', ip } }));
  const [from, to] = [await create(router, worker), await create(otherRouter, otherWorker)];
  await settle(from.connect({ ip: otherWorker.ip, port: to.tuple.localPort }));
  await settle(to.connect({ ip: worker.ip, port: from.tuple.localPort }));
  const { kind, rtpParameters } = await settle(from.consume({ producerId: source.id }));
  return settle(to.produce({ id: source.id, kind, rtpParameters, paused: source.paused }));
}
