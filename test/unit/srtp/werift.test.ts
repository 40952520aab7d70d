import { describe, expect, it } from 'vitest';
import { RtpHeader, SrtcpSession, SrtpSession } from 'werift-rtp';
import { SrtpReceiver, SrtpSender } from '../../../src/srtp/srtp-session.js';
import { protectRtcp, protectRtp, rtcpPacket, rtpPacket, unprotectRtcp, unprotectRtp } from './support.js';

// An independent implementation as oracle, for the two suites that it has.
describe.each([
  { suite: 'AES_CM_128_HMAC_SHA1_80', profile: 1, keyLength: 16, saltLength: 14 },
  { suite: 'AEAD_AES_128_GCM', profile: 7, keyLength: 16, saltLength: 12 },
] as const)('$suite with werift-rtp', ({ suite, profile, keyLength, saltLength }) => {
  const key = Buffer.alloc(keyLength, 0x5c);
  const salt = Buffer.alloc(saltLength, 0xa7);
  const masterKey = Buffer.concat([key, salt]);
  const keys = { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt };
  const theirs = (): SrtpSession => new SrtpSession({ keys, profile });
  const theirRtcp = (): SrtcpSession => new SrtcpSession({ keys, profile });

  // Over a wrap of the sequence number, with gaps as small as that implementation needs them around a wrap.
  const indexes = Array.from({ length: 60 }, (_, i) => 65_300 + i * 7);

  it('sends the same RTP', () => {
    const sender = new SrtpSender({ suite, masterKey });
    const peer = theirs();
    for (const index of indexes) {
      const packet = rtpPacket(0x11223344, index & 0xffff, index % 97);
      const srtp = protectRtp(sender, packet) as Uint8Array;
      expect(new Uint8Array(peer.decrypt(Buffer.from(srtp)))).toEqual(packet);
    }
  });

  it('understands its RTP', () => {
    const receiver = new SrtpReceiver({ suite, masterKey });
    const peer = theirs();
    for (const index of indexes) {
      const packet = Buffer.from(rtpPacket(0x11223344, index & 0xffff, index % 97));
      const srtp = peer.encrypt(packet.subarray(12), RtpHeader.deSerialize(packet));
      expect(unprotectRtp(receiver, srtp)).toEqual(new Uint8Array(packet));
    }
  });

  it('sends and understands the same RTCP', () => {
    const sender = new SrtpSender({ suite, masterKey });
    const receiver = new SrtpReceiver({ suite, masterKey });
    const peer = theirRtcp();
    for (let i = 0; i < 10; i++) {
      const packet = rtcpPacket(0x55667788, i);
      const srtcp = protectRtcp(sender, packet) as Uint8Array;
      expect(new Uint8Array(peer.decrypt(Buffer.from(srtcp)))).toEqual(packet);
      expect(unprotectRtcp(receiver, peer.encrypt(Buffer.from(packet)))).toEqual(packet);
    }
  });
});
