/**
 * What the page and the kernel share about an ascent view.
 */
import type { CommonTraits, LayerInfo, Position } from "../lib/model";
import type { Advice } from "./advice";
import type { ExamplesState } from "./examples";
import type { AscentFrame } from "./run";

export type ObjectiveKind = "channel" | "unit" | "layer" | "class" | "probability" | "own";
export type Command = "play" | "pause" | "stop" | "step";

/** A preset as the kernel describes it. */
export interface Preset {
  name: string;
  rate: number;
  /** `null` for the network's own. */
  size: number | null;
  /** `null` where another number was asked for, whatever the preset. */
  steps: number | null;
  redirect: number;
}

export interface Traits extends CommonTraits<AscentFrame> {
  layers: LayerInfo[];
  classes: string[];
  /** An objective that was given and that the controls cannot say, in words; else "". */
  own: string;
  objective: ObjectiveKind;
  layer: string;
  channel: number;
  position: Position | null;
  target: number;
  end: "positive" | "negative" | "both";
  channels: number;
  presets: Preset[];
  parameterisations: string[];
  preset: string;
  /** A second preset that climbs the same, or "". */
  compare: string;
  parameterisation: string;
  size: number | [number, number] | null;
  seed: number;
  learning_rate: number | null;
  redirect: number | null;
  steps: number;
  iteration: number;
  /** At which a sequence of one value a step is played, samples a second. */
  sample_rate: number;
  examples: ExamplesState | null;
  advice: Advice | null;
}

export type Change = <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => void;
