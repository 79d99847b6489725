/**
 * A frame of the text view, and what is worked out from it. Pure; no element in sight.
 */
import { asFloats } from "../lib/bytes";
import type { Range } from "../lib/color-bar";
import { extent } from "../lib/course";
import { formatValue } from "../lib/format";
import type { Numbered } from "../lib/frames";
import type { CommonTraits, LayerInfo, Position } from "../lib/model";
import { spoken } from "../lib/token-strip";

export interface TextFrame extends Numbered {
  tokens: string[];
  padding: number;
  shares: unknown;
  signed: boolean;
  method: string;
  target: number;
  probabilities: unknown;
  layer: string;
  channel: number;
  response: unknown;
  matches: [labels: string[], activation: number, count: number][];
  searched: number;
  /** Channels of the layer with what they add to the class, the most first. */
  strongest: [channel: number, share: number][];
  /** How many tokens a place of the layer sees; 0 where it sees all. */
  window: number;
  notes: string[];
}

export interface Traits extends CommonTraits<TextFrame> {
  text: string;
  editable: boolean;
  method: string;
  methods: string[];
  target: number | null;
  classes: string[];
  layers: LayerInfo[];
  layer: string;
  channel: number;
  position: Position | null;
}

export interface Reading {
  frame: TextFrame;
  shares: Float32Array;
  said: Float32Array;
  /** By place of the layer. */
  response: Float32Array;
}

export function readFrame(frame: TextFrame): Reading {
  return {
    frame,
    shares: asFloats(frame.shares),
    said: asFloats(frame.probabilities),
    response: asFloats(frame.response),
  };
}

/** The values of the first and the last colour: the middle is zero where there are two signs. */
export function sharesRange({ shares, frame }: Reading): Range {
  const [low, high] = extent(shares);
  const most = Math.max(-low, high) || 1;
  return frame.signed ? [-most, most] : [0, most];
}

export function responseRange({ response }: Reading): Range {
  const [low, high] = extent(response);
  if (low >= 0) return [0, high || 1];
  const most = Math.max(-low, high);
  return [-most, most];
}

/**
 * The channel's value for each token: the place that stands where it stands. A layer may have fewer
 * places than the text has ids; one without places has nothing to tell of a token.
 */
export function atTokens({ response, frame }: Reading): Float32Array {
  const [places, count] = [response.length, frame.tokens.length];
  if (places < 2) return new Float32Array();
  const ids = count + frame.padding;
  return Float32Array.from(frame.tokens, (_, k) => response[Math.floor(((k + 0.5) * places) / ids)]);
}

export function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at] > values[best]) best = at;
  return best;
}

/** What a token has, in words. */
export function tokenWords(tokens: readonly string[], values: ArrayLike<number>, at: number): string {
  return `${spoken(tokens[at])}: ${formatValue(values[at])}`;
}

/** How many tokens there are, and how much is padding. */
export function sizeWords({ tokens, padding }: TextFrame): string {
  const ids = tokens.length + padding;
  return padding ? `${tokens.length} of ${ids} ids, the rest is padding` : `${ids} ids`;
}
