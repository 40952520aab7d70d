import { type Recording } from '../../../src/testing/recording.js';

/** A recording as text, one line per second or so: for snapshots and for the terminal. */
export function table(recording: Recording, interval = 2000): string {
  const rows = [['s', 'capacity', 'estimate', 'sent', 'queue', 'loss', 'layers']];
  const end = recording.samples.at(-1)?.at ?? 0;
  for (let to = interval; to <= end; to += interval) {
    const from = to - interval;
    const samples = recording.between(from, to);
    rows.push([
      String(to / 1000),
      kbps(samples.at(-1)!.capacity),
      kbps(recording.estimate(from, to)),
      kbps(recording.sendBitrate(from, to)),
      recording.queueDelay(0.95, from, to).toFixed(0),
      `${(100 * recording.loss(from, to)).toFixed(1)}%`,
      distinct(samples.map(({ layers }) => layers.join(' '))).join(' → '),
    ]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  const format = (row: string[]): string =>
    row.map((cell, column) => (column < 6 ? cell.padStart(widths[column]) : cell)).join('  ');
  return `${recording.name}\n${rows.map(format).join('\n')}\n`;
}

const kbps = (bitrate: number): string => (bitrate === Infinity ? '∞' : (bitrate / 1000).toFixed(0));

/** Without repetitions that follow each other. */
const distinct = (values: string[]): string[] => values.filter((value, index) => value !== values[index - 1]);
