/**
 * A moving picture that says what it should look like: 16 x 9 cells, each black or white. The first row is the number
 * of the picture (12 bits) and a check sum (4 bits), all others follow from the number. Runs in a page.
 */

export const PICTURE_WIDTH = 960;
export const PICTURE_HEIGHT = 540;

const [COLUMNS, ROWS] = [16, 9];
const NUMBER_BITS = 12;
const [BLACK, WHITE] = [24, 232];
/** Pixels per cell in the copy that is looked at. */
const SAMPLE = 10;
/** Cells that may be wrong: an encoder with few bits may be a picture behind with those that have just changed. */
const TOLERANCE = 6;

/** Whether a cell is white. Few change from one picture to the next, so that it costs few bits. */
function isWhite(number: number, cell: number): boolean {
  if (cell < NUMBER_BITS) return ((number >> cell) & 1) === 1;
  if (cell < COLUMNS) return ((checkSum(number) >> (cell - NUMBER_BITS)) & 1) === 1;
  return (number + cell * 7) % 64 < 32;
}

const checkSum = (number: number): number => (number ^ (number >> 4) ^ (number >> 8) ^ 0b0101) & 0xf;

export function drawPicture(context: CanvasRenderingContext2D, number: number): void {
  const { width, height } = context.canvas;
  const [cellWidth, cellHeight] = [width / COLUMNS, height / ROWS];
  for (let cell = 0; cell < COLUMNS * ROWS; cell++) {
    const level = isWhite(number % 2 ** NUMBER_BITS, cell) ? WHITE : BLACK;
    context.fillStyle = `rgb(${level},${level},${level})`;
    context.fillRect((cell % COLUMNS) * cellWidth, Math.floor(cell / COLUMNS) * cellHeight, cellWidth, cellHeight);
  }
}

/** Blocks that differ from picture to picture. */
export function drawNoise(context: CanvasRenderingContext2D): void {
  for (let y = 0; y < PICTURE_HEIGHT; y += 20) {
    for (let x = 0; x < PICTURE_WIDTH; x += 20) {
      context.fillStyle = `hsl(${Math.random() * 360} 50% 50%)`;
      context.fillRect(x, y, 20, 20);
    }
  }
}

/** Reads pictures back. */
export class PictureReader {
  readonly #context: CanvasRenderingContext2D;

  constructor() {
    const canvas = document.createElement('canvas');
    canvas.width = COLUMNS * SAMPLE;
    canvas.height = ROWS * SAMPLE;
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
  }

  /** The number of the picture, -1 if it does not look like the one with that number. */
  read(video: HTMLVideoElement): number {
    const { width, height } = this.#context.canvas;
    this.#context.drawImage(video, 0, 0, width, height);
    const { data } = this.#context.getImageData(0, 0, width, height);
    const level = (cell: number): number => {
      let sum = 0;
      for (let y = 3; y < SAMPLE - 3; y++) {
        for (let x = 3; x < SAMPLE - 3; x++) {
          const [column, row] = [(cell % COLUMNS) * SAMPLE + x, Math.floor(cell / COLUMNS) * SAMPLE + y];
          sum += data[4 * (row * width + column) + 1];
        }
      }
      return sum / (SAMPLE - 6) ** 2;
    };
    let number = 0;
    for (let bit = 0; bit < NUMBER_BITS; bit++) if (level(bit) > 128) number |= 1 << bit;
    let wrong = 0;
    for (let cell = 0; cell < COLUMNS * ROWS; cell++) {
      const isWrong = level(cell) > 128 !== isWhite(number, cell);
      if (isWrong && cell < COLUMNS) return -1;
      if (isWrong) wrong++;
    }
    return wrong > TOLERANCE ? -1 : number;
  }
}
