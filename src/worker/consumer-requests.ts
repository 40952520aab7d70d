import type * as FbsConsumer from '../channel/fbs/consumer.js';
import { Method } from '../channel/fbs/request.js';
import { type Consumer } from './consumer.js';
import { type MethodTable } from './handler-registry.js';
import { type Clock } from './runtime.js';

/** A Consumer as requests see it. */
export interface ConsumerTarget {
  readonly consumer: Consumer;
  readonly clock: Clock;
}

export const consumerMethods: MethodTable<ConsumerTarget> = {
  [Method.CONSUMER_DUMP]: ({ consumer }) => ({ data: consumer.dump() }),
  [Method.CONSUMER_GET_STATS]: ({ consumer, clock }) => consumer.getStats(clock.now()),
  [Method.CONSUMER_PAUSE]: ({ consumer, clock }) => consumer.pause(clock.now()),
  [Method.CONSUMER_RESUME]: ({ consumer, clock }) => consumer.resume(clock.now()),
  [Method.CONSUMER_SET_PREFERRED_LAYERS]: ({ consumer, clock }, body, request) => {
    const respond = (layers: FbsConsumer.ConsumerLayers | undefined) => request.respond({ preferredLayers: layers });
    consumer.setPreferredLayers(body.preferredLayers, respond, clock.now());
  },
  [Method.CONSUMER_SET_PRIORITY]: ({ consumer }, body) => {
    consumer.setPriority(body.priority);
    return { priority: body.priority };
  },
  [Method.CONSUMER_REQUEST_KEY_FRAME]: ({ consumer, clock }) => consumer.requestKeyFrame(clock.now()),
  [Method.CONSUMER_ENABLE_TRACE_EVENT]: ({ consumer }, body) => consumer.enableTraceEvents(body.events),
};
