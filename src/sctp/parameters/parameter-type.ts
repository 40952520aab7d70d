/** Parameters this endpoint knows (RFC 9260 §3.3, RFC 6525 §4, RFC 9653 §4, RFC 5061 §4.2.7, RFC 3758 §3.1). */
export const ParameterType = {
  heartbeatInfo: 1,
  ipv4Address: 5,
  ipv6Address: 6,
  stateCookie: 7,
  unrecognizedParameter: 8,
  cookiePreservative: 9,
  supportedAddressTypes: 12,
  outgoingSsnResetRequest: 13,
  incomingSsnResetRequest: 14,
  ssnTsnResetRequest: 15,
  reconfigurationResponse: 16,
  addOutgoingStreams: 17,
  addIncomingStreams: 18,
  zeroChecksumAcceptable: 0x8001,
  supportedExtensions: 0x8008,
  forwardTsnSupported: 0xc000,
} as const;
