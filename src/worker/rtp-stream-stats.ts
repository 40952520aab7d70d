import * as FbsRtpStream from '../channel/fbs/rtp-stream.js';
import { MediaKind } from '../channel/fbs/rtp-parameters.js';
import { type RtxDump } from '../channel/fbs/rtx-stream.js';
import { type RtpStreamParams, type RtpStream, type RtxParams } from '../rtp/rtp-stream.js';
import { type RtpStreamRecv } from '../rtp/rtp-stream-recv.js';
import { type RtpStreamSend } from '../rtp/rtp-stream-send.js';

/** Dumps and statistics of RTP streams, as the channel carries them. */

export function dumpRecvStream(stream: RtpStreamRecv): FbsRtpStream.Dump {
  return dump(stream, stream.rtx?.params);
}

export function dumpSendStream(stream: RtpStreamSend): FbsRtpStream.Dump {
  return dump(stream, stream.rtx);
}

export function recvStreamStats(stream: RtpStreamRecv, now: number): FbsRtpStream.Stats {
  const rtx = stream.rtx;
  return {
    dataType: FbsRtpStream.StatsData.RecvStats,
    data: {
      base: baseStats(stream, rtx?.params, rtx?.sequence.packetsDiscarded ?? 0, now),
      packetCount: BigInt(stream.packetCount),
      byteCount: BigInt(stream.byteCount),
      bitrate: BigInt(stream.bitrate(now)),
      bitrateByLayer: bitrateByLayer(stream, now),
    },
  };
}

export function sendStreamStats(stream: RtpStreamSend, now: number): FbsRtpStream.Stats {
  return {
    dataType: FbsRtpStream.StatsData.SendStats,
    data: {
      base: baseStats(stream, stream.rtx, 0, now),
      packetCount: BigInt(stream.packetCount),
      byteCount: BigInt(stream.byteCount),
      bitrate: BigInt(stream.bitrate(now)),
    },
  };
}

function dump(stream: RtpStream, rtx: RtxParams | undefined): FbsRtpStream.Dump {
  const { params } = stream;
  return {
    params: {
      encodingIdx: params.encodingIdx,
      ssrc: params.ssrc,
      payloadType: params.payloadType,
      mimeType: params.mimeType,
      clockRate: params.clockRate,
      rid: params.rid,
      cname: params.cname,
      rtxSsrc: rtx?.ssrc,
      rtxPayloadType: rtx?.payloadType,
      useNack: params.useNack,
      usePli: params.usePli,
      useFir: params.useFir,
      useInBandFec: params.useInBandFec,
      useDtx: params.useDtx,
      spatialLayers: params.spatialLayers,
      temporalLayers: params.temporalLayers,
    },
    score: stream.score,
    rtxStream: rtx === undefined ? undefined : dumpRtx(rtx, params),
  };
}

function dumpRtx(rtx: RtxParams, media: RtpStreamParams): RtxDump {
  const mimeType = `${media.mimeType.slice(0, media.mimeType.indexOf('/'))}/rtx`;
  return {
    params: {
      ssrc: rtx.ssrc,
      payloadType: rtx.payloadType,
      mimeType,
      clockRate: media.clockRate,
      rrid: media.rid,
      cname: media.cname,
    },
  };
}

function baseStats(
  stream: RtpStream,
  rtx: RtxParams | undefined,
  rtxPacketsDiscarded: number,
  now: number,
): FbsRtpStream.Stats {
  const { params } = stream;
  return {
    dataType: FbsRtpStream.StatsData.BaseStats,
    data: {
      timestamp: BigInt(Math.floor(now)),
      ssrc: params.ssrc,
      kind: params.mimeType.startsWith('audio/') ? MediaKind.AUDIO : MediaKind.VIDEO,
      mimeType: params.mimeType,
      packetsLost: stream.packetsLost,
      fractionLost: stream.fractionLost,
      jitter: Math.trunc(stream.jitter),
      packetsDiscarded: BigInt(stream.sequence.packetsDiscarded),
      packetsRetransmitted: BigInt(stream.packetsRetransmitted),
      packetsRepaired: BigInt(stream.packetsRepaired),
      nackCount: BigInt(stream.nackCount),
      nackPacketCount: BigInt(stream.nackPacketCount),
      pliCount: BigInt(stream.pliCount),
      firCount: BigInt(stream.firCount),
      rid: params.rid || undefined,
      rtxSsrc: rtx?.ssrc,
      rtxPacketsDiscarded: BigInt(rtxPacketsDiscarded),
      roundTripTime: stream.rtt,
      score: stream.score,
    },
  };
}

/** Only for streams that have layers: what it takes to send each of them. */
function bitrateByLayer(stream: RtpStreamRecv, now: number): FbsRtpStream.BitrateByLayer[] {
  const { spatialLayers, temporalLayers } = stream.params;
  if (spatialLayers === 1 && temporalLayers === 1) return [];
  const bitrates = [];
  for (let s = 0; s < spatialLayers; s++) {
    for (let t = 0; t < temporalLayers; t++) {
      bitrates.push({ layer: `${s}.${t}`, bitrate: BigInt(stream.bitrateUpTo(s, t, now)) });
    }
  }
  return bitrates;
}
