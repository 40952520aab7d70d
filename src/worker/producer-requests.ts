import { Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import { type EventTable, type MethodTable } from './handler-registry.js';
import { type Clock } from './runtime.js';
import { type Producer } from './producer.js';

/** A Producer as requests and notifications see it. */
export interface ProducerTarget {
  readonly producer: Producer;
  readonly clock: Clock;
  /** Takes a packet that the application sends itself. */
  receiveInjected(bytes: Uint8Array, now: number): void;
}

export const producerMethods: MethodTable<ProducerTarget> = {
  [Method.PRODUCER_DUMP]: ({ producer }) => producer.dump(),
  [Method.PRODUCER_GET_STATS]: ({ producer, clock }) => producer.getStats(clock.now()),
  [Method.PRODUCER_PAUSE]: ({ producer, clock }) => producer.pause(clock.now()),
  [Method.PRODUCER_RESUME]: ({ producer, clock }) => producer.resume(clock.now()),
  [Method.PRODUCER_ENABLE_TRACE_EVENT]: ({ producer }, body) => producer.enableTraceEvents(body.events),
};

export const producerEvents: EventTable<ProducerTarget> = {
  [Event.PRODUCER_SEND]: (target, body, now) => target.receiveInjected(body.data, now),
};
