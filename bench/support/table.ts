/** What a section of the bench found: rows of named numbers, printed as a table, or as JSON for machines. */
export interface Section {
  title: string;
  /** What the numbers are. */
  unit: string;
  rows: Record<string, string | number>[];
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? NaN : sorted[sorted.length >> 1];
}

export function printSection({ title, unit, rows }: Section): void {
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))];
  const cells = rows.map(row => columns.map(column => format(row[column])));
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map(line => line[i].length)));
  const line = (texts: string[]): string => `| ${texts.map((text, i) => text.padEnd(widths[i])).join(' | ')} |`;
  console.log(`\n### ${title}\n\n${unit}\n`);
  console.log(line(columns));
  console.log(line(widths.map(width => '-'.repeat(width))));
  for (const texts of cells) console.log(line(texts));
}

function format(value: string | number | null | undefined): string {
  if (value === undefined) return '';
  // NaN became null on its way from another process.
  if (value === null) return '–';
  if (typeof value === 'string') return value;
  if (Number.isNaN(value)) return '–';
  return Math.abs(value) >= 1000 ? Math.round(value).toString() : Number(value.toPrecision(3)).toString();
}
