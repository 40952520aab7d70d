import { type types } from '../../src/index.js';
import { protocols } from '../../src/api/wire/transport.js';

/** The one function of this module that the tests use: to build a notification that they inject. */
export const serializeProtocol = (protocol: types.TransportProtocol): number => protocols.toValue(protocol);
