import { setTimeout as sleep } from 'node:timers/promises';
import { type types } from 'tsfu';

export const mediaCodecs: types.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
];

/** Waits until something is so, looking every `interval` ms; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean | Promise<boolean>, interval = 20): Promise<void> {
  while (!(await condition())) await sleep(interval);
}
