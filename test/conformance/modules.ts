import './channel-seam.js';

/** Our API under the names of the modules that the reference's tests import. */
export * as index from '../../src/index.js';
export * as errors from '../../src/errors.js';
export * as ortc from '../../src/ortc.js';
export * as enhancedEvents from '../../src/extras.js';
export * as Transport from './transport-module.js';
