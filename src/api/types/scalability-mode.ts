/** How a stream is layered, see `parseScalabilityMode()`. */
export type ScalabilityMode = {
  spatialLayers: number;
  temporalLayers: number;
  /** A key frame of any spatial layer is enough to switch to that layer. */
  ksvc: boolean;
};
