/**
 * Writes DER (ITU-T X.690): as much of it as a self-signed certificate needs. Each function returns one complete
 * element: tag, length, content.
 */

export const derSequence = (...elements: Uint8Array[]): Uint8Array => element(0x30, concat(elements));

export const derSet = (...elements: Uint8Array[]): Uint8Array => element(0x31, concat(elements));

/** A constructed element with an explicit, context-specific tag number. */
export const derExplicit = (tagNumber: number, content: Uint8Array): Uint8Array => element(0xa0 | tagNumber, content);

/** A positive integer, given as big-endian bytes. */
export function derInteger(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const digits = magnitude.subarray(start);
  // A set top bit would make it negative.
  return element(0x02, digits[0] & 0x80 ? concat([Uint8Array.of(0), digits]) : digits);
}

/** An object identifier in dotted notation. */
export function derObjectIdentifier(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  const content = [first * 40 + second];
  for (let arc of rest) {
    const base128 = [arc & 0x7f];
    while ((arc >>>= 7) > 0) base128.unshift(0x80 | (arc & 0x7f));
    content.push(...base128);
  }
  return element(0x06, Uint8Array.from(content));
}

export const derUtf8String = (text: string): Uint8Array => element(0x0c, new TextEncoder().encode(text));

/** Bytes as a BIT STRING without unused bits. */
export const derBitString = (bytes: Uint8Array): Uint8Array => element(0x03, concat([Uint8Array.of(0), bytes]));

/**
 * A point in time as RFC 5280 §4.1.2.5 wants it: UTCTime through 2049, GeneralizedTime from 2050 on.
 *
 * @param unixSeconds whole seconds since 1970
 */
export function derTime(unixSeconds: number): Uint8Array {
  const { year, month, day } = civilDate(Math.floor(unixSeconds / 86_400));
  const seconds = ((unixSeconds % 86_400) + 86_400) % 86_400;
  const digits = [month, day, Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map(value => String(value).padStart(2, '0'))
    .join('');
  const isUtcTime = year >= 1950 && year < 2050;
  const text = `${isUtcTime ? String(year % 100).padStart(2, '0') : String(year).padStart(4, '0')}${digits}Z`;
  return element(isUtcTime ? 0x17 : 0x18, new TextEncoder().encode(text));
}

function element(tag: number, content: Uint8Array): Uint8Array {
  const length = content.length;
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, (length >> 8) & 0xff, length & 0xff];
  return concat([Uint8Array.from(header), content]);
}

function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The Gregorian date of a day counted from 1970-01-01 (years are counted from March, so that leap days come last). */
function civilDate(daysSince1970: number): { year: number; month: number; day: number } {
  const days = daysSince1970 + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}
