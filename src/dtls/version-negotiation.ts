import { AlertDescription, FatalAlert } from './alert.js';
import { ClientHandshake } from './dtls12/client-handshake.js';
import { ServerHandshake } from './dtls12/server-handshake.js';
import { decodeSupportedVersions, ExtensionType } from './extension.js';
import { type Handshake, type HandshakeOptions, type HandshakeOwner } from './handshake.js';
import { HandshakeType, type HandshakeMessage } from './handshake-message.js';
import { decodeClientHello, type ClientHello } from './hello.js';
import { ProtocolVersion } from './record.js';

/**
 * The one place that knows which versions there are. A server decides when it has a whole ClientHello, which may have
 * come in several datagrams; a client would decide when it has the answer to its own.
 */
export function createServerHandshake(
  firstMessage: HandshakeMessage,
  options: HandshakeOptions,
  owner: HandshakeOwner,
): Handshake {
  if (firstMessage.type !== HandshakeType.clientHello) {
    throw new FatalAlert(AlertDescription.unexpectedMessage, `handshake message ${firstMessage.type} at the start`);
  }
  if (!acceptsDtls12(decodeClientHello(firstMessage.body))) {
    throw new FatalAlert(AlertDescription.protocolVersion, 'client does not speak DTLS 1.2');
  }
  return new ServerHandshake(options, owner);
}

/** Starts a client's handshake. */
export function createClientHandshake(options: HandshakeOptions, owner: HandshakeOwner, now: number): Handshake {
  return new ClientHandshake(options, owner, now);
}

/** RFC 6347 §4.2.1 for clients that only name their best version, RFC 8446 §4.2.1 for those that list them. */
function acceptsDtls12({ version, extensions }: ClientHello): boolean {
  const supported = extensions.get(ExtensionType.supportedVersions);
  if (supported !== undefined) return decodeSupportedVersions(supported).includes(ProtocolVersion.dtls12);
  // The major version is 254 in all of DTLS; within it, newer versions have lower numbers.
  return version >> 8 === ProtocolVersion.dtls12 >> 8 && version <= ProtocolVersion.dtls12;
}
