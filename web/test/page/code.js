// @ts-check
// The picture of the synthetic camera: the upper half is a grid of black and
// white blocks that say which publisher and which frame this is, with a
// checksum; the lower half is the publisher's colour. Blocks are an eighth of
// the picture wide, so that they survive scaling and a starved encoder.

export const COLUMNS = 8;
export const ROWS = 4;

/** Colours of publishers by number: far apart in hue, and none is grey. */
const COLOURS = [
  { name: 'red', rgb: [220, 30, 30] },
  { name: 'green', rgb: [30, 200, 30] },
  { name: 'blue', rgb: [40, 40, 230] },
  { name: 'yellow', rgb: [220, 210, 20] },
];

/** @param {number} publisher from 1 */
export function colourOf(publisher) {
  return COLOURS[(publisher - 1) % COLOURS.length];
}

/**
 * The publisher whose colour is nearest.
 * @param {ArrayLike<number>} rgb
 */
export function nearestColour(rgb) {
  let best = COLOURS[0];
  let least = Infinity;
  for (const colour of COLOURS) {
    const distance = colour.rgb.reduce((sum, value, i) => sum + (value - rgb[i]) ** 2, 0);
    if (distance < least) [best, least] = [colour, distance];
  }
  return best.name;
}

/**
 * CRC-8 (polynomial 0x07) of three bytes.
 * @param {number[]} bytes
 */
function checksum(bytes) {
  let crc = 0xff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
  }
  return crc;
}

/**
 * The 32 blocks, row by row: counter high, counter low, publisher, checksum.
 * @param {number} publisher
 * @param {number} counter
 * @returns {boolean[]} true is white
 */
export function blocksOf(publisher, counter) {
  const bytes = [(counter >> 8) & 0xff, counter & 0xff, publisher & 0xff];
  return [...bytes, checksum(bytes)].flatMap((byte) =>
    Array.from({ length: COLUMNS }, (_, i) => Boolean(byte & (0x80 >> i))),
  );
}

/**
 * @param {boolean[]} blocks
 * @returns {{publisher: number, counter: number} | null} null: the checksum is wrong
 */
export function readBlocks(blocks) {
  const bytes = Array.from({ length: ROWS }, (_, row) =>
    blocks.slice(row * COLUMNS, (row + 1) * COLUMNS).reduce((sum, white) => sum * 2 + Number(white), 0),
  );
  if (checksum(bytes.slice(0, 3)) !== bytes[3]) return null;
  return { counter: bytes[0] * 256 + bytes[1], publisher: bytes[2] };
}
