import { DropReason } from '../common/drop-reason.js';
import {
  ContentType,
  MAX_CIPHERTEXT_LENGTH,
  MAX_PLAINTEXT_LENGTH,
  MAX_SEQUENCE_NUMBER,
  ProtocolVersion,
  RECORD_HEADER_LENGTH,
  readRecordHeader,
  writeRecordHeader,
  type RecordHeader,
} from './record.js';
import { ReplayWindow } from './replay-window.js';

/** Encrypts and decrypts the records of one direction in one epoch. */
export interface RecordProtection {
  /** Bytes by which the content grows. */
  readonly overhead: number;
  /** The content as it goes on the wire. */
  protect(header: RecordHeader, plaintext: Uint8Array): Uint8Array;
  /** The plaintext, or undefined if the record is not authentic. */
  unprotect(header: RecordHeader, ciphertext: Uint8Array): Uint8Array | undefined;
}

/** How many records of the next epoch are kept until its keys are known, and how many bytes in all. */
const MAX_EARLY_RECORDS = 8;
const MAX_EARLY_BYTES = 16_384;

/**
 * Epochs, sequence numbers, replay protection and encryption of the records of one connection (RFC 6347 §4.1). Epoch 0
 * is plaintext; epoch 1 begins when its keys are installed, for each direction on its own.
 */
export class RecordLayer {
  /** Undefined: epoch 1 cannot be read or written yet. */
  #readProtection: RecordProtection | undefined;
  #writeProtection: RecordProtection | undefined;
  /** Next sequence number per epoch. */
  readonly #nextSequence: number[];
  readonly #replayWindows: readonly ReplayWindow[];
  /** Whole records of epoch 1 that came before its keys. */
  #earlyRecords: Uint8Array[];

  /** The record that `read` accepted: what it says, and its plaintext (a view of the datagram in epoch 0). */
  type: number;
  epoch: number;
  content: Uint8Array;

  constructor() {
    this.#readProtection = undefined;
    this.#writeProtection = undefined;
    this.#nextSequence = [0, 0];
    this.#replayWindows = [new ReplayWindow(), new ReplayWindow()];
    this.#earlyRecords = [];
    this.type = 0;
    this.epoch = 0;
    this.content = new Uint8Array(0);
  }

  installReadKeys(protection: RecordProtection): void {
    this.#readProtection = protection;
  }

  installWriteKeys(protection: RecordProtection): void {
    this.#writeProtection = protection;
  }

  get readsProtected(): boolean {
    return this.#readProtection !== undefined;
  }

  /** Bytes from `offset` to the end of the record that starts there; 0 if no whole record does. */
  lengthAt(bytes: Uint8Array, offset: number, end: number): number {
    if (end - offset < RECORD_HEADER_LENGTH) return 0;
    const length = RECORD_HEADER_LENGTH + ((bytes[offset + 11] << 8) | bytes[offset + 12]);
    return offset + length <= end ? length : 0;
  }

  /**
   * Checks and decrypts the whole record that starts at `offset`. If it is fine, `type`, `epoch` and `content` hold it.
   * A record of an epoch whose keys are missing is kept for `takeEarlyRecords`, and reported as dropped.
   */
  read(bytes: Uint8Array, offset: number): DropReason {
    const header = readRecordHeader(bytes, offset);
    if (header.type < ContentType.changeCipherSpec || header.type > ContentType.applicationData) {
      return DropReason.dtlsContentType;
    }
    if (!isAcceptableVersion(header)) return DropReason.dtlsRecordVersion;
    if (header.epoch > 1) return DropReason.dtlsEpoch;
    if (header.length > (header.epoch === 0 ? MAX_PLAINTEXT_LENGTH : MAX_CIPHERTEXT_LENGTH)) {
      return DropReason.dtlsRecordMalformed;
    }

    // Nothing authenticates epoch 0, so a forged high number must not make the honest ones count as old: there the
    // window only removes datagrams that the network duplicated.
    const seen = this.#replayWindows[header.epoch].look(header.sequence);
    if (seen === 'seen' || (seen === 'old' && header.epoch > 0)) return DropReason.dtlsReplay;

    const start = offset + RECORD_HEADER_LENGTH;
    const content = bytes.subarray(start, start + header.length);
    if (header.epoch === 0) {
      this.content = content;
    } else {
      if (this.#readProtection === undefined) return this.#keepEarly(bytes.subarray(offset, start + header.length));
      const plaintext = this.#readProtection.unprotect(header, content);
      if (plaintext === undefined) return DropReason.dtlsAuthentication;
      if (plaintext.length > MAX_PLAINTEXT_LENGTH) return DropReason.dtlsRecordMalformed;
      this.content = plaintext;
    }
    this.#replayWindows[header.epoch].add(header.sequence);
    this.type = header.type;
    this.epoch = header.epoch;
    return DropReason.none;
  }

  #keepEarly(record: Uint8Array): DropReason {
    const bytes = this.#earlyRecords.reduce((sum, early) => sum + early.length, 0);
    if (this.#earlyRecords.length >= MAX_EARLY_RECORDS || bytes + record.length > MAX_EARLY_BYTES) {
      return DropReason.dtlsBufferFull;
    }
    // Not slice(): of a Buffer that would be a view.
    this.#earlyRecords.push(new Uint8Array(record));
    return DropReason.dtlsEpoch;
  }

  /** The records of epoch 1 that came before its keys, to be read now. */
  takeEarlyRecords(): Uint8Array[] {
    const records = this.#earlyRecords;
    this.#earlyRecords = [];
    return records;
  }

  /** Bytes that a record of this epoch takes in addition to its content. */
  overhead(epoch: number): number {
    return RECORD_HEADER_LENGTH + (epoch === 0 ? 0 : this.#writeProtection!.overhead);
  }

  /**
   * Writes a record with the next sequence number of its epoch to `out` at `outOffset`, where it must fit.
   *
   * @param version what the header says; only a client's first hello says anything but DTLS 1.2
   * @returns its length; 0 if all sequence numbers are used up
   */
  write(
    epoch: number,
    type: ContentType,
    content: Uint8Array,
    out: Uint8Array,
    outOffset: number,
    version: number = ProtocolVersion.dtls12,
  ): number {
    const sequence = this.#nextSequence[epoch];
    if (sequence > MAX_SEQUENCE_NUMBER) return 0;
    this.#nextSequence[epoch] = sequence + 1;
    const header = { type, version, epoch, sequence, length: content.length };
    const protectedContent = epoch === 0 ? content : this.#writeProtection!.protect(header, content);
    header.length = protectedContent.length;
    writeRecordHeader(header, out, outOffset);
    out.set(protectedContent, outOffset + RECORD_HEADER_LENGTH);
    return RECORD_HEADER_LENGTH + protectedContent.length;
  }
}

/** A client says DTLS 1.0 in front of its first hello, and of its repetitions, whatever is negotiated afterwards. */
function isAcceptableVersion({ version, epoch }: RecordHeader): boolean {
  return version === ProtocolVersion.dtls12 || (version === ProtocolVersion.dtls10 && epoch === 0);
}
