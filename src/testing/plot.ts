import { type Recording, type Sample } from './recording.js';

const WIDTH = 960;
const LEFT = 56;
const RIGHT = 12;
const TOP = 28;
const PANEL_GAP = 26;
const TITLE_HEIGHT = 34;

interface Curve {
  readonly name: string;
  readonly color: string;
  /** Undefined: nothing to draw there. */
  readonly value: (sample: Sample) => number | undefined;
  readonly isStep?: boolean;
  readonly dash?: string;
}

interface Panel {
  readonly title: string;
  readonly height: number;
  /** The scale ends here at least. */
  readonly min: number;
  readonly curves: readonly Curve[];
}

/** Bitrates, queue delay, loss and layers over time, as an SVG document: one column of panels per recording. */
export function plot(title: string, recordings: readonly Recording[]): string {
  let y = TITLE_HEIGHT;
  let body = text(LEFT, 22, title, 'font-size="15" font-weight="bold"');
  for (const recording of recordings) {
    for (const panel of panelsOf(recording, recordings.length > 1 ? `${recording.name}: ` : '')) {
      body += drawPanel(panel, recording, y);
      y += TOP + panel.height + PANEL_GAP;
    }
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" font-family="sans-serif" font-size="11">\n` +
    `<rect width="${WIDTH}" height="${y}" fill="white"/>\n${body}</svg>\n`
  );
}

function panelsOf(recording: Recording, prefix: string): Panel[] {
  const highest = Math.max(
    ...recording.samples.map(({ estimate, sendBitrate }) => Math.max(estimate, Math.min(sendBitrate, 2 * estimate))),
  );
  const layers = recording.samples.at(-1)?.layers ?? [];
  return [
    {
      title: `${prefix}Mbps`,
      height: 180,
      min: 0.1,
      curves: [
        {
          name: 'capacity',
          color: '#888',
          value: ({ capacity }) => (capacity > 2 * highest ? undefined : capacity / 1e6),
          isStep: true,
          dash: '6 3',
        },
        { name: 'send rate', color: '#7ab', value: ({ sendBitrate }) => sendBitrate / 1e6 },
        { name: 'estimate', color: '#c33', value: ({ estimate }) => estimate / 1e6, isStep: true },
      ],
    },
    {
      title: `${prefix}queue delay, ms`,
      height: 80,
      min: 50,
      curves: [{ name: '', color: '#86c', value: ({ queueDelay }) => queueDelay }],
    },
    {
      title: `${prefix}loss, %`,
      height: 50,
      min: 5,
      curves: [{ name: '', color: '#d80', value: ({ loss }) => 100 * loss }],
    },
    {
      title: `${prefix}layers (spatial.temporal)`,
      height: 60,
      min: 3,
      curves: layers.map((_, index) => ({
        name: '',
        color: `hsl(${(index * 137) % 360} 60% 40%)`,
        value: (sample: Sample): number => layerHeight(sample.layers[index]),
        isStep: true,
      })),
    },
  ];
}

/** Nothing is 0, the lowest layer 1; temporal layers are steps of a quarter. */
function layerHeight(layers: string | undefined): number {
  if (layers === undefined || layers === '-') return 0;
  const [spatial, temporal] = layers.split('.').map(Number);
  return 1 + spatial + temporal / 4;
}

function drawPanel({ title, height, min, curves }: Panel, { samples }: Recording, y: number): string {
  const top = y + TOP;
  const duration = samples.at(-1)?.at ?? 1;
  const values = curves.flatMap(({ value }) => samples.map(sample => value(sample) ?? 0));
  const max = niceCeiling(Math.max(min, ...values));
  const toX = (at: number): number => LEFT + (at / duration) * (WIDTH - LEFT - RIGHT);
  const toY = (value: number): number => top + height - (value / max) * height;

  let svg = text(LEFT, top - 8, title, 'font-weight="bold"');
  let legendX = LEFT + 220;
  for (const { name, color } of curves) {
    if (!name) continue;
    svg += text(legendX, top - 8, `— ${name}`, `fill="${color}"`);
    legendX += 100;
  }
  for (const share of [0, 0.5, 1]) {
    svg += line(LEFT, toY(share * max), WIDTH - RIGHT, toY(share * max), '#ddd');
    svg += text(LEFT - 6, toY(share * max) + 4, String(Number((share * max).toPrecision(3))), 'text-anchor="end"');
  }
  const step = niceCeiling(duration / 1000 / 12) * 1000;
  for (let at = 0; at <= duration; at += step) {
    svg += line(toX(at), top, toX(at), top + height, '#eee');
    svg += text(toX(at), top + height + 13, `${at / 1000} s`, 'text-anchor="middle" fill="#666"');
  }
  for (const curve of curves) svg += drawCurve(curve, samples, toX, toY);
  return svg;
}

function drawCurve(
  { color, value, isStep = false, dash }: Curve,
  samples: readonly Sample[],
  toX: (at: number) => number,
  toY: (value: number) => number,
): string {
  let path = '';
  let lastY = '';
  for (const sample of samples) {
    const height = value(sample);
    if (height === undefined) {
      lastY = '';
      continue;
    }
    const [x, y] = [toX(sample.at).toFixed(1), toY(height).toFixed(1)];
    if (isStep && y === lastY && sample !== samples.at(-1)) continue;
    path += lastY === '' ? `M${x} ${y}` : isStep ? `H${x}V${y}` : `L${x} ${y}`;
    lastY = y;
  }
  const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
  return path && `<path d="${path}" fill="none" stroke="${color}" stroke-width="1.5"${dashes}/>\n`;
}

function line(x1: number, y1: number, x2: number, y2: number, color: string): string {
  return `<path d="M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}" stroke="${color}"/>\n`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped}</text>\n`;
}

/** The next number of the kind 1, 2, 3, 5 times a power of ten. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 3, 5, 10].find(factor => factor * power >= value * 0.999) ?? 10);
}
