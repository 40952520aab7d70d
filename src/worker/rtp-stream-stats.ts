import * as FbsRtpStream from '../channel/fbs/rtp-stream.js';
import { MediaKind } from '../channel/fbs/rtp-parameters.js';
import { ParamsT as RtxParamsT, RtxDumpT } from '../channel/fbs/rtx-stream.js';
import { type RtpStreamParams, type RtpStream, type RtxParams } from '../rtp/rtp-stream.js';
import { type RtpStreamRecv } from '../rtp/rtp-stream-recv.js';
import { type RtpStreamSend } from '../rtp/rtp-stream-send.js';

/** Dumps and statistics of RTP streams, as the channel carries them. */

export function dumpRecvStream(stream: RtpStreamRecv): FbsRtpStream.DumpT {
  return dump(stream, stream.rtx?.params);
}

export function dumpSendStream(stream: RtpStreamSend): FbsRtpStream.DumpT {
  return dump(stream, stream.rtx);
}

export function recvStreamStats(stream: RtpStreamRecv, now: number): FbsRtpStream.StatsT {
  const rtx = stream.rtx;
  return new FbsRtpStream.StatsT(
    FbsRtpStream.StatsData.RecvStats,
    new FbsRtpStream.RecvStatsT(
      baseStats(stream, rtx?.params, rtx?.sequence.packetsDiscarded ?? 0, now),
      BigInt(stream.packetCount),
      BigInt(stream.byteCount),
      BigInt(stream.bitrate(now)),
      bitrateByLayer(stream, now),
    ),
  );
}

export function sendStreamStats(stream: RtpStreamSend, now: number): FbsRtpStream.StatsT {
  return new FbsRtpStream.StatsT(
    FbsRtpStream.StatsData.SendStats,
    new FbsRtpStream.SendStatsT(
      baseStats(stream, stream.rtx, 0, now),
      BigInt(stream.packetCount),
      BigInt(stream.byteCount),
      BigInt(stream.bitrate(now)),
    ),
  );
}

function dump(stream: RtpStream, rtx: RtxParams | undefined): FbsRtpStream.DumpT {
  const { params } = stream;
  return new FbsRtpStream.DumpT(
    new FbsRtpStream.ParamsT(
      params.encodingIdx,
      params.ssrc,
      params.payloadType,
      params.mimeType,
      params.clockRate,
      params.rid,
      params.cname,
      rtx?.ssrc ?? null,
      rtx?.payloadType ?? null,
      params.useNack,
      params.usePli,
      params.useFir,
      params.useInBandFec,
      params.useDtx,
      params.spatialLayers,
      params.temporalLayers,
    ),
    stream.score,
    rtx === undefined ? null : dumpRtx(rtx, params),
  );
}

function dumpRtx(rtx: RtxParams, media: RtpStreamParams): RtxDumpT {
  const mimeType = `${media.mimeType.slice(0, media.mimeType.indexOf('/'))}/rtx`;
  return new RtxDumpT(new RtxParamsT(rtx.ssrc, rtx.payloadType, mimeType, media.clockRate, media.rid, media.cname));
}

function baseStats(
  stream: RtpStream,
  rtx: RtxParams | undefined,
  rtxPacketsDiscarded: number,
  now: number,
): FbsRtpStream.StatsT {
  const { params } = stream;
  return new FbsRtpStream.StatsT(
    FbsRtpStream.StatsData.BaseStats,
    new FbsRtpStream.BaseStatsT(
      BigInt(Math.floor(now)),
      params.ssrc,
      params.mimeType.startsWith('audio/') ? MediaKind.AUDIO : MediaKind.VIDEO,
      params.mimeType,
      stream.packetsLost,
      stream.fractionLost,
      Math.trunc(stream.jitter),
      BigInt(stream.sequence.packetsDiscarded),
      BigInt(stream.packetsRetransmitted),
      BigInt(stream.packetsRepaired),
      BigInt(stream.nackCount),
      BigInt(stream.nackPacketCount),
      BigInt(stream.pliCount),
      BigInt(stream.firCount),
      params.rid || null,
      rtx?.ssrc ?? null,
      BigInt(rtxPacketsDiscarded),
      stream.rtt,
      stream.score,
    ),
  );
}

/** Only for streams that have layers: what it takes to send each of them. */
function bitrateByLayer(stream: RtpStreamRecv, now: number): FbsRtpStream.BitrateByLayerT[] {
  const { spatialLayers, temporalLayers } = stream.params;
  if (spatialLayers === 1 && temporalLayers === 1) return [];
  const bitrates = [];
  for (let s = 0; s < spatialLayers; s++) {
    for (let t = 0; t < temporalLayers; t++) {
      bitrates.push(new FbsRtpStream.BitrateByLayerT(`${s}.${t}`, BigInt(stream.bitrateUpTo(s, t, now))));
    }
  }
  return bitrates;
}
