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
    reportException(context, error);
    return;
  }
  if (reason !== DropReason.none) context.drops.count(reason);
}

/** The same for what else comes from outside. */
export function guard(context: WorkerContext, handle: () => void): void {
  try {
    handle();
  } catch (error) {
    reportException(context, error);
  }
}

export function reportException({ drops, log }: Pick<WorkerContext, 'drops' | 'log'>, error: unknown): void {
  drops.count(DropReason.internalError);
  log.error('reportException()', () => (error instanceof Error ? (error.stack ?? '') : String(error)));
}
