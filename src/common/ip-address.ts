/**
 * IP addresses as text and as bytes. The normal form is what the system calls print: IPv6 in lower case, its longest
 * run of zeros compressed (RFC 5952), IPv4 in dotted decimal. Zone ids are not addresses here.
 */

export type IpFamily = 4 | 6;

/** 4 or 6, or 0 if `text` is not an IP address. */
export function ipFamily(text: string): IpFamily | 0 {
  return parseIpv4(text, 0, text.length, scratch, 0) ? 4 : parseIpv6(text, scratch) ? 6 : 0;
}

/** The normal form of `text`. @throws TypeError `invalid IP '<text>'` */
export function normalizeIp(text: string): string {
  if (parseIpv4(text, 0, text.length, scratch, 0)) return formatIp(scratch, 0, 4);
  if (parseIpv6(text, scratch)) return formatIp(scratch, 0, 6);
  throw new TypeError(`invalid IP '${text}'`);
}

/** Like `normalizeIp`, and IPv4-mapped IPv6 (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) becomes IPv4. */
export function unmappedIp(text: string): string {
  const ip = normalizeIp(text);
  return ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice('::ffff:'.length) : ip;
}

/** Writes the address in network byte order and returns its family, or 0 (and garbage) if `text` is not an address. */
export function writeIp(text: string, bytes: Uint8Array, offset: number): IpFamily | 0 {
  const family = ipFamily(text);
  for (let i = 0; i < (family === 6 ? 16 : 4); i++) bytes[offset + i] = scratch[i];
  return family;
}

/** The normal form of 4 or 16 bytes. */
export function formatIp(bytes: Uint8Array, offset: number, family: IpFamily): string {
  if (family === 4) return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
  const words = Array.from({ length: 8 }, (_, i) => (bytes[offset + 2 * i] << 8) | bytes[offset + 2 * i + 1]);
  const zeros = longestZeroRun(words);
  const mapped = zeros.start === 0 && zeros.length === 5 && words[5] === 0xffff;
  const compatible = zeros.start === 0 && zeros.length === 6;
  if (mapped || compatible) return (mapped ? '::ffff:' : '::') + formatIp(bytes, offset + 12, 4);
  const hex = words.map(word => word.toString(16));
  if (zeros.length < 2) return hex.join(':');
  return `${hex.slice(0, zeros.start).join(':')}::${hex.slice(zeros.start + zeros.length).join(':')}`;
}

const scratch = new Uint8Array(16);

function longestZeroRun(words: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < words.length; start++) {
    let end = start;
    while (end < words.length && words[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}

/** Dotted decimal without leading zeros, as inet_pton() wants it. */
function parseIpv4(text: string, start: number, end: number, bytes: Uint8Array, offset: number): boolean {
  let octet = -1;
  let count = 0;
  for (let i = start; i <= end; i++) {
    const digit = i < end ? text.charCodeAt(i) - 0x30 : -2;
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return false;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return false;
    } else {
      if (octet < 0 || count === 4 || (i < end && text[i] !== '.')) return false;
      bytes[offset + count++] = octet;
      octet = -1;
    }
  }
  return count === 4;
}

function parseIpv6(text: string, bytes: Uint8Array): boolean {
  const halves = text.split('::');
  if (halves.length > 2 || text.length > 45) return false;
  bytes.fill(0);
  const head = parseGroups(halves[0], bytes, 0, halves.length === 1);
  if (head < 0) return false;
  if (halves.length === 1) return head === 16;
  const tail = parseGroups(halves[1], tailScratch, 0, true);
  // `::` stands for at least one group.
  if (tail < 0 || head + tail > 14) return false;
  for (let i = 0; i < tail; i++) bytes[16 - tail + i] = tailScratch[i];
  return true;
}

const tailScratch = new Uint8Array(16);

/** Groups between colons; the last one may be dotted decimal at the end of the address. Number of bytes, -1 if wrong. */
function parseGroups(text: string, bytes: Uint8Array, offset: number, mayEndInIpv4: boolean): number {
  if (text === '') return 0;
  const groups = text.split(':');
  let length = 0;
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i];
    if (group.includes('.')) {
      if (!mayEndInIpv4 || i !== groups.length - 1 || length > 12) return -1;
      if (!parseIpv4(group, 0, group.length, bytes, offset + length)) return -1;
      length += 4;
    } else {
      if (length > 14 || !/^[0-9a-fA-F]{1,4}$/.test(group)) return -1;
      const value = Number.parseInt(group, 16);
      bytes[offset + length] = value >> 8;
      bytes[offset + length + 1] = value & 0xff;
      length += 2;
    }
  }
  return length;
}
