import { type ApiObject } from './backend.js';
import { type Json, type JsonObject } from './recording.js';

export interface ArgumentContext {
  readonly ip: string;
  /** The value at a path like `p1.id`. */
  value(path: string): unknown;
  port(endpoint: string): number;
}

/** An argument as the API takes it: `$ip` replaced, and `{ "$...": ... }` by what it stands for. */
export function resolveArgument(argument: Json, context: ArgumentContext): unknown {
  if (typeof argument === 'string') return argument.replaceAll('$ip', context.ip);
  if (Array.isArray(argument)) return argument.map(element => resolveArgument(element, context));
  if (argument === null || typeof argument !== 'object') return argument;
  if ('$' in argument) return context.value(argument.$ as string);
  if ('$port' in argument) return context.port(argument.$port as string);
  if ('$hex' in argument) return Buffer.from(argument.$hex as string, 'hex');
  if ('$text' in argument) return (argument.$text as string).repeat((argument.times as number | undefined) ?? 1);
  if ('$caps' in argument) return capabilities(context.value(argument.$caps as string) as ApiObject, argument);
  return Object.fromEntries(
    Object.entries(argument).map(([key, member]) => [key, resolveArgument(member, context)] as const),
  );
}

interface Feedback {
  type: string;
  parameter?: string;
}

interface Capabilities {
  codecs: { mimeType: string; rtcpFeedback?: Feedback[] }[];
  headerExtensions: { uri: string }[];
}

/** The capabilities of a router without what `rules` lists. */
function capabilities(router: ApiObject, rules: JsonObject): Capabilities {
  const list = (rule: string): string[] | undefined => rules[rule] as string[] | undefined;
  const hasType = (types: string[], mimeType: string): boolean =>
    types.some(type => type.toLowerCase() === mimeType.toLowerCase());
  const result = structuredClone(router.rtpCapabilities as Capabilities);

  const onlyCodecs = list('onlyCodecs');
  result.codecs = result.codecs.filter(
    ({ mimeType }) =>
      !hasType(list('dropCodecs') ?? [], mimeType) && (onlyCodecs === undefined || hasType(onlyCodecs, mimeType)),
  );
  for (const codec of result.codecs) {
    codec.rtcpFeedback = codec.rtcpFeedback?.filter(
      ({ type, parameter }) => !(list('dropFeedback') ?? []).includes(parameter ? `${type} ${parameter}` : type),
    );
  }
  result.headerExtensions = result.headerExtensions.filter(
    ({ uri }) => !(list('dropExtensions') ?? []).some(end => uri.endsWith(end)),
  );
  return result;
}
