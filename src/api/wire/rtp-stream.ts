import {
  type BaseStatsT,
  type DumpT,
  type RecvStatsT,
  type SendStatsT,
  StatsData,
  type StatsT,
} from '../../channel/fbs/rtp-stream.js';
import { type RtpStreamDump, type RtpStreamRecvStats, type RtpStreamSendStats } from '../types/rtp-stream.js';
import { plain } from './convert.js';
import { mediaKinds, text } from './rtp-parameters.js';

export function rtpStreamDumpFromFbs(dump: DumpT): RtpStreamDump {
  const stream = plain<RtpStreamDump>(dump);
  stream.params.rid = text(stream.params.rid);
  if (stream.rtxStream) stream.rtxStream.params.rrid = text(stream.rtxStream.params.rrid);
  return stream;
}

/** @throws TypeError - the worker sent statistics of no direction. */
export function rtpStreamStatsFromFbs(stats: StatsT): RtpStreamRecvStats | RtpStreamSendStats {
  switch (stats.dataType) {
    case StatsData.RecvStats: {
      const { bitrateByLayer } = stats.data as RecvStatsT;
      return {
        ...directedStats(stats.data as RecvStatsT, 'inbound-rtp'),
        bitrateByLayer: Object.fromEntries(
          bitrateByLayer.map(({ layer, bitrate }) => [layer as string, Number(bitrate)]),
        ),
      };
    }
    case StatsData.SendStats:
      return directedStats(stats.data as SendStatsT, 'outbound-rtp');
    default:
      throw new TypeError(`invalid RtpStream.StatsData: ${stats.dataType}`);
  }
}

function directedStats(stats: RecvStatsT | SendStatsT, type: string): RtpStreamSendStats {
  const base = stats.base!.data as BaseStatsT;
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
