import { createSocket } from 'node:dgram';
import { randomFillSync } from 'node:crypto';
import { Certificate } from '../../src/dtls/certificate.js';
import { type DtlsOwner, DtlsTransport } from '../../src/dtls/dtls-transport.js';
import { fingerprintOf } from '../../src/dtls/fingerprint.js';
import { IceCredentials } from '../../src/ice/credentials.js';
import { BINDING_METHOD, isStun, StunAttribute, StunClass, StunWriter } from '../../src/ice/stun-message.js';

/** What a client has to know of a WebRtcTransport. */
export interface HandshakeTarget {
  port: number;
  usernameFragment: string;
  password: string;
  /** sha-256 */
  fingerprint: string;
}

/** ms after which a client asks again. */
const RETRY = 200;

const random = { fill: (bytes: Uint8Array): void => void randomFillSync(bytes) };
const certificate = Certificate.generate(Date.now(), random);

export const clientFingerprint = fingerprintOf(certificate.der, 'sha-256').value;

/** Nominates its only path and makes a DTLS handshake, as its client. Resolves with the ms it took. */
export function shakeHands({ port, usernameFragment, password, fingerprint }: HandshakeTarget): Promise<number> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const end = (): void => {
      clearInterval(timer);
      socket.close();
    };
    const owner: DtlsOwner = {
      onDtlsSend: (bytes, offset, length) => socket.send(bytes.slice(offset, offset + length)),
      onDtlsConnecting: () => {},
      onDtlsConnected: () => {
        end();
        resolve(performance.now() - start);
      },
      onDtlsFailed: () => {
        end();
        reject(new Error('DTLS failed'));
      },
      onDtlsClosed: () => {},
      onDtlsApplicationData: () => {},
    };
    const dtls = new DtlsTransport({ certificate, random }, owner);
    dtls.setRemoteFingerprint({ algorithm: 'sha-256', value: fingerprint }, start);
    const advance = (): void => {
      const now = performance.now();
      if (dtls.state !== 'new') dtls.onTimeout(now);
      else sendBindingRequest(new IceCredentials(usernameFragment, password), bytes => socket.send(bytes));
    };
    const timer = setInterval(advance, RETRY);
    socket.on('message', bytes => {
      const now = performance.now();
      if (!isStun(bytes, 0, bytes.length)) dtls.onPacket(bytes, 0, bytes.length, now);
      else if (dtls.state === 'new') dtls.start('client', now);
    });
    socket.on('error', () => {});
    socket.connect(port, '127.0.0.1', advance);
  });
}

function sendBindingRequest(credentials: IceCredentials, send: (bytes: Uint8Array) => void): void {
  const writer = new StunWriter();
  writer
    .begin(StunClass.request, BINDING_METHOD, randomFillSync(new Uint8Array(12)), 0)
    .text(StunAttribute.username, `${credentials.usernameFragment}:peer`)
    .uint32(StunAttribute.priority, 1)
    .uint64(StunAttribute.iceControlling, 1n)
    .flag(StunAttribute.useCandidate)
    .messageIntegrity(credentials.key)
    .fingerprint();
  send(writer.bytes.slice(0, writer.length));
}
