import { type DumpResponse } from '../channel/fbs/direct-transport.js';
import { Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import { UnsupportedError } from './errors.js';
import { TransportImpl, type TransportInit } from './transport.js';
import { type AppData } from './types/app-data.js';
import {
  type DirectTransport,
  type DirectTransportDump,
  type DirectTransportEvents,
  type DirectTransportObserver,
  type DirectTransportStat,
} from './types/direct-transport.js';
import { bufferOf } from './wire/convert.js';
import { baseDumpFromFbs, baseStatsFromFbs } from './wire/transport.js';

export class DirectTransportImpl<TAppData extends AppData = AppData>
  extends TransportImpl<TAppData, DirectTransportEvents, DirectTransportObserver>
  implements DirectTransport<TAppData>
{
  constructor(init: TransportInit<TAppData>) {
    super('DirectTransport', init);

    this.handleNotifications({
      ...this.baseHandlers(),
      [Event.DIRECTTRANSPORT_RTCP]: ({ data }) => {
        if (!this.closed) this.safeEmit('rtcp', bufferOf(data));
      },
    });
  }

  get type(): 'direct' {
    return 'direct';
  }

  async dump(): Promise<DirectTransportDump> {
    return directTransportDumpFromFbs(await this.request(Method.TRANSPORT_DUMP));
  }

  async getStats(): Promise<DirectTransportStat[]> {
    const stats = await this.request(Method.TRANSPORT_GET_STATS);
    return [{ ...baseStatsFromFbs(stats.base), type: 'direct-transport' }];
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  override setMaxIncomingBitrate(_bitrate: number): Promise<void> {
    return notImplemented('setMaxIncomingBitrate');
  }

  override setMaxOutgoingBitrate(_bitrate: number): Promise<void> {
    return notImplemented('setMaxOutgoingBitrate');
  }

  override setMinOutgoingBitrate(_bitrate: number): Promise<void> {
    return notImplemented('setMinOutgoingBitrate');
  }

  sendRtcp(rtcpPacket: Buffer): void {
    if (!Buffer.isBuffer(rtcpPacket)) throw new TypeError('rtcpPacket must be a Buffer');
    this.channel.notify(Event.TRANSPORT_SEND_RTCP, this.id, { data: rtcpPacket });
  }
}

export const directTransportDumpFromFbs = (dump: DumpResponse): DirectTransportDump => baseDumpFromFbs(dump.base);

const notImplemented = (method: string): Promise<never> =>
  Promise.reject(new UnsupportedError(`${method}() not implemented in DirectTransport`));
