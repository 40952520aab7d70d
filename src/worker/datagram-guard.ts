import { DropReason } from '../common/drop-reason.js';
import { type WorkerContext } from './context.js';

interface DatagramTarget<Source> {
  onDatagram(bytes: Uint8Array, source: Source, now: number): DropReason;
}

/**
 * Where every datagram enters: hands it over and counts what became of it. An exception, be it a bug or an attack,
 * costs this one packet and nothing else.
 */
export function guardDatagram<Source>(
  context: WorkerContext,
  target: DatagramTarget<Source>,
  bytes: Uint8Array,
  source: Source,
  now: number,
): void {
  let reason: DropReason;
  try {
    reason = target.onDatagram(bytes, source, now);
  } catch (error) {
    reason = DropReason.internalError;
    context.log.error('guardDatagram()', () => (error instanceof Error ? (error.stack ?? '') : String(error)));
  }
  if (reason !== DropReason.none) context.drops.count(reason);
}
