/** Building blocks for applications. */
export { EnhancedEventEmitter, enhancedOnce } from './api/enhanced-events.js';
