/** Whether a queue on the way grows (overusing), drains (underusing), or neither. */
export const BandwidthUsage = { normal: 0, underusing: 1, overusing: 2 } as const;
export type BandwidthUsage = (typeof BandwidthUsage)[keyof typeof BandwidthUsage];
