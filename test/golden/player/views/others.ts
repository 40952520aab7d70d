import { isSummarisedTrace } from '../normalise.js';
import { type Json, type JsonObject } from '../recording.js';
import { describeStun } from '../stun.js';
import { perEndpoint, type View } from './view.js';

/** Answers to Binding requests. */
export const stunView: View = ({ session, normaliser }) =>
  perEndpoint(session.endpoints, ({ arrivals }) =>
    arrivals
      .filter(({ kind }) => kind === 'stun')
      .map(({ bytes, stunPassword }) => normaliser.value(describeStun(bytes, stunPassword))),
  );

/** What came in all, by kind. */
export const datagramsView: View = ({ session }) =>
  perEndpoint([...session.endpointsByName.values()], ({ arrivals, failedDecryptions, closed }) => ({
    rtp: arrivals.filter(({ kind }) => kind === 'rtp').length,
    rtcp: arrivals.some(({ kind }) => kind === 'rtcp'),
    failedDecrypt: failedDecryptions,
    other: arrivals.filter(({ kind }) => kind === 'other').map(({ bytes }) => bytes.toString('hex')),
    closed,
  }));

/** Traces of bandwidth estimation and probation, by transport. */
export const tracesView: View = ({ session, normaliser }) => {
  const result: Record<string, Record<string, JsonObject>> = {};
  for (const event of session.log.entries.flatMap(({ events }) => events).filter(isSummarisedTrace)) {
    const { type, direction, info } = event.data as { type: string; direction: string; info: Json };
    const transport = (result[event.on] ??= {});
    const summary = (transport[type] ??= { count: 0, direction });
    summary.count = (summary.count as number) + 1;
    if (type !== 'bwe') continue;
    const values = normaliser.value(info);
    summary.first ??= values;
    summary.last = values;
  }
  return result;
};
