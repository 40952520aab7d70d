/**
 * The version of mediasoup whose API this package has, worker protocol included. Applications and libraries compare
 * it to find out what is there, so it is what they expect to find under this name.
 */
export const version: string = '3.27.1';

/** The version of this package. */
export const tsfuVersion: string = '0.1.0';
