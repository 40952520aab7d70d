import { createSecretKey, type KeyObject } from 'node:crypto';
import { type StunCredentials } from './stun-message.js';

/** The source of randomness that ICE needs. */
export interface IceRandom {
  /** Fills with cryptographically secure random bytes. */
  fill(bytes: Uint8Array): void;
}

const CREDENTIAL_LENGTH = 32;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** The highest multiple of the alphabet's size in a byte: bytes from here on would favour its beginning. */
const UNBIASED_LIMIT = 256 - (256 % ALPHABET.length);

/** What a peer must know to reach an ICE server (RFC 8445 §5.3), and the key made of it. */
export class IceCredentials implements StunCredentials {
  readonly usernameFragment: string;
  readonly password: string;
  readonly key: KeyObject;

  constructor(usernameFragment: string, password: string) {
    this.usernameFragment = usernameFragment;
    this.password = password;
    this.key = createSecretKey(Buffer.from(password));
  }

  /** New ones: 32 characters each, 165 bits. */
  static generate(random: IceRandom): IceCredentials {
    return new IceCredentials(randomText(random), randomText(random));
  }
}

function randomText(random: IceRandom): string {
  const bytes = new Uint8Array(2 * CREDENTIAL_LENGTH);
  let text = '';
  while (text.length < CREDENTIAL_LENGTH) {
    random.fill(bytes);
    for (const byte of bytes) {
      if (byte < UNBIASED_LIMIT && text.length < CREDENTIAL_LENGTH) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}
