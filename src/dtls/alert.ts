/** RFC 5246 §7.2. */
export const AlertLevel = { warning: 1, fatal: 2 } as const;

export const AlertDescription = {
  closeNotify: 0,
  unexpectedMessage: 10,
  handshakeFailure: 40,
  badCertificate: 42,
  unsupportedCertificate: 43,
  illegalParameter: 47,
  decodeError: 50,
  decryptError: 51,
  protocolVersion: 70,
  insufficientSecurity: 71,
  internalError: 80,
  noRenegotiation: 100,
  unsupportedExtension: 110,
} as const;

export type AlertDescription = (typeof AlertDescription)[keyof typeof AlertDescription];

/**
 * Why a handshake cannot go on, as the alert that tells the peer. Thrown by whatever reads and judges handshake
 * messages; caught in one place, where the connection ends.
 */
export class FatalAlert extends Error {
  readonly description: AlertDescription;

  constructor(description: AlertDescription, message: string) {
    super(message);
    this.name = 'FatalAlert';
    this.description = description;
  }
}
