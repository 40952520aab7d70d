import {
  type BaseStats,
  type Dump,
  type RecvStats,
  type SendStats,
  StatsData,
  type Stats,
} from '../../channel/fbs/rtp-stream.js';
import { type RtpStreamDump, type RtpStreamRecvStats, type RtpStreamSendStats } from '../types/rtp-stream.js';
import { plain } from './convert.js';
import { mediaKinds, text } from './rtp-parameters.js';

export function rtpStreamDumpFromFbs(dump: Dump): RtpStreamDump {
  const stream = plain<RtpStreamDump>(dump);
  stream.params.rid = text(stream.params.rid);
  if (stream.rtxStream) stream.rtxStream.params.rrid = text(stream.rtxStream.params.rrid);
  return stream;
}

/** @throws TypeError - the worker sent statistics of no direction. */
export function rtpStreamStatsFromFbs(stats: Stats): RtpStreamRecvStats | RtpStreamSendStats {
  switch (stats.dataType) {
    case StatsData.RecvStats: {
      const { bitrateByLayer } = stats.data as RecvStats;
      return {
        ...directedStats(stats.data as RecvStats, 'inbound-rtp'),
        bitrateByLayer: Object.fromEntries(bitrateByLayer.map(({ layer, bitrate }) => [layer, Number(bitrate)])),
      };
    }
    case StatsData.SendStats:
      return directedStats(stats.data as SendStats, 'outbound-rtp');
    default:
      throw new TypeError(`invalid RtpStream.StatsData: ${stats.dataType}`);
  }
}

function directedStats(stats: RecvStats | SendStats, type: string): RtpStreamSendStats {
  const base = stats.base.data as BaseStats;
  return {
    ...plain<RtpStreamSendStats>(base),
    kind: mediaKinds.toName(base.kind),
    rid: text(base.rid),
    rtxPacketsDiscarded: Number(base.rtxPacketsDiscarded) || undefined,
    type,
    packetCount: Number(stats.packetCount),
    byteCount: Number(stats.byteCount),
    bitrate: Number(stats.bitrate),
  };
}
