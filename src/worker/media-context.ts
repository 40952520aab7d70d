import { type DropCounters } from '../common/drop-reason.js';
import { type PacketMemory } from '../common/packet-memory.js';
import { type TimerQueue } from '../common/timer-queue.js';
import { type Event } from '../channel/fbs/notification.js';
import { type NotificationArguments } from '../channel/methods.js';
import { PacketIdCounter } from '../rtp/packet-mangler.js';
import { NTP_UNIX_OFFSET_SECONDS } from '../rtp/time.js';
import { Egress } from './egress.js';
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
  readonly egress: Egress;
  /** NTP time (µs since 1900) at 0 of the worker's clock. Determined once, so that what we report never steps. */
  readonly ntpOffset: number;
  readonly packetIds: PacketIdCounter;

  constructor(runtime: Runtime, memory: PacketMemory, drops: DropCounters, notifier: Notifier) {
    this.memory = memory;
    this.drops = drops;
    this.timers = runtime.timers;
    this.random = runtime.random;
    this.notifier = notifier;
    this.egress = new Egress(memory, drops, callback => runtime.atEndOfTick(callback));
    this.ntpOffset = Math.round(runtime.clock.wallClockOffset * 1000) + NTP_UNIX_OFFSET_SECONDS * 1e6;
    this.packetIds = new PacketIdCounter(runtime.random.uint32());
  }
}
