import { type DropCounters } from '../common/drop-reason.js';
import { type PacketMemory } from '../common/packet-memory.js';
import { type TimerQueue } from '../common/timer-queue.js';
import { type Event } from '../channel/fbs/notification.js';
import { type NotificationArguments } from '../channel/methods.js';
import { PacketIdCounter } from '../rtp/packet-mangler.js';
import { NTP_UNIX_OFFSET_SECONDS } from '../rtp/time.js';
import { Egress } from './egress.js';
import { Ingress } from './ingress.js';
import { type Random, type Runtime } from './runtime.js';

/** Sends notifications to the application. */
export interface Notifier {
  notify<E extends Event>(handlerId: string, event: E, ...body: NotificationArguments<E>): void;
}

/** What the Producers and Consumers of a worker share. */
export class MediaContext {
  readonly memory: PacketMemory;
  readonly drops: DropCounters;
  readonly timers: TimerQueue;
  readonly random: Random;
  readonly notifier: Notifier;
  readonly ingress: Ingress;
  readonly egress: Egress;
  /** NTP time (µs since 1900) at 0 of the worker's clock. Determined once, so that what we report never steps. */
  readonly ntpOffset: number;
  readonly packetIds: PacketIdCounter;

  /** @param onError gets what is thrown on the way of a packet, which ends it there */
  constructor(
    runtime: Runtime,
    memory: PacketMemory,
    drops: DropCounters,
    notifier: Notifier,
    onError: (error: unknown) => void,
  ) {
    this.memory = memory;
    this.drops = drops;
    this.timers = runtime.timers;
    this.random = runtime.random;
    this.notifier = notifier;
    const schedule = onceAtEndOfTick(runtime, () => {
      this.ingress.flush();
      this.egress.flush();
    });
    this.ingress = new Ingress(memory, drops, schedule, onError);
    this.egress = new Egress(memory, drops, schedule, onError);
    this.ntpOffset = Math.round(runtime.clock.wallClockOffset * 1000) + NTP_UNIX_OFFSET_SECONDS * 1e6;
    this.packetIds = new PacketIdCounter(runtime.random.uint32());
  }
}

/** Has `task` run once at the end of the tick, however often it is called until then. */
function onceAtEndOfTick(runtime: Runtime, task: () => void): () => void {
  let isScheduled = false;
  const run = (): void => {
    task();
    isScheduled = false;
  };
  return () => {
    if (isScheduled) return;
    isScheduled = true;
    runtime.atEndOfTick(run);
  };
}
