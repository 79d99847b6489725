/**
 * A set of images on a plane, as the page knows it. Pure.
 */
import type { AnyModel } from "@anywidget/types";
import { asFloats, asIntegers } from "../lib/bytes";
import { formatCount, formatValue } from "../lib/format";
import type { Numbered } from "../lib/frames";
import type { CommonTraits, LayerInfo } from "../lib/model";

/** What is done before there are places. */
export interface WaitingFrame extends Numbered {
  doing: "thumbnails" | "reading";
  done: number;
  of: number;
}

export interface PlacesFrame extends Numbered {
  layer: string;
  pooling: Pooling;
  projection: string;
  metric: Metric;
  /** Whether the layer has places, so that pooling matters. */
  pooled: boolean;
  /** Values of each vector. */
  size: number;
  /** int32, the most likely class of each image. */
  predicted: unknown;
  /** float32, how likely it is. */
  confidence: unknown;
  /** float32, across and up. */
  places: unknown;
  step: number;
  steps: number;
  words: string;
}

export type Pooling = "mean" | "max" | "none";
export type Metric = "cosine" | "euclidean";
export type ColorBy = "label" | "prediction" | "right" | "confidence";

/** What holds for the set, whatever is shown of it. */
export interface AboutTold {
  count: number;
  pictured: boolean;
  classes: string[];
  labels: string[] | null;
  /** int32, or null without labels. */
  codes: unknown;
  /** Whether the labels are the network's classes. */
  comparable: boolean;
}

export interface ThumbnailsTold {
  width: number;
  height: number;
  across: number;
  files: unknown[];
}

export interface NeighboursTold {
  of: number;
  layer: string;
  pooling: Pooling;
  pooled: boolean;
  metric: Metric;
  numbers: number[];
  distances: number[];
}

export interface Traits extends CommonTraits<PlacesFrame | WaitingFrame> {
  layers: LayerInfo[];
  layer: string;
  projections: string[];
  projection: string;
  pooling: Pooling;
  metric: Metric;
  color: ColorBy;
  display: "thumbnails" | "dots";
  number: number | null;
  about: AboutTold;
  thumbnails: ThumbnailsTold | null;
  neighbours: NeighboursTold | null;
}

export type Model = AnyModel<Traits>;

/** The images on the plane. */
export interface Plane {
  layer: string;
  size: number;
  pooling: Pooling;
  pooled: boolean;
  projection: string;
  metric: Metric;
  step: number;
  steps: number;
  words: string;
  count: number;
  /** 0 to 1, from the left and from the top, of a square that holds all. */
  x: Float32Array;
  y: Float32Array;
  /** How much of that square is used, across and down. */
  used: [number, number];
  predicted: Int32Array;
  confidence: Float32Array;
}

export function isWaiting(frame: PlacesFrame | WaitingFrame): frame is WaitingFrame {
  return "doing" in frame;
}

export function readPlane(frame: PlacesFrame): Plane {
  const { layer, size, pooling, pooled, projection, metric, step, steps, words } = frame;
  const places = asFloats(frame.places);
  const count = places.length / 2;
  const [x, y] = [new Float32Array(count), new Float32Array(count)];
  const [left, width] = extent(places, 0);
  const [bottom, height] = extent(places, 1);
  const span = Math.max(width, height) || 1;
  for (let at = 0; at < count; at++) {
    x[at] = 0.5 + (places[2 * at] - left - width / 2) / span;
    y[at] = 0.5 - (places[2 * at + 1] - bottom - height / 2) / span;
  }
  const predicted = asIntegers(frame.predicted);
  const confidence = asFloats(frame.confidence);
  const used: [number, number] = [width / span, height / span];
  return { layer, size, pooling, pooled, projection, metric, step, steps, words, count, x, y, used, predicted, confidence };
}

/** The least value of every second number from `from` on, and how far the largest is from it. */
function extent(values: Float32Array, from: number): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let at = from; at < values.length; at += 2) {
    if (values[at] < low) low = values[at];
    if (values[at] > high) high = values[at];
  }
  return [low, high - low];
}

/** What is known of the set, with its binary values read. */
export interface About extends Omit<AboutTold, "codes"> {
  codes: Int32Array | null;
}

export function readAbout(told: AboutTold): About {
  return { ...told, codes: told.codes === null ? null : asIntegers(told.codes) };
}

const NAMES: Record<string, string> = { pca: "PCA", tsne: "t-SNE", umap: "UMAP" };

export function projectionName(name: string): string {
  return NAMES[name] ?? name;
}

/** What lies on the plane, in words. */
export function planeWords(plane: Plane): string {
  const { count, size, projection, step, steps } = plane;
  const pooled = plane.pooled ? `, ${poolingWords(plane.pooling)}` : "";
  const far = steps > 1 && step < steps ? `, step ${step} of ${steps}` : "";
  return `${formatCount(count)} images by ${formatCount(size)} values${pooled}: ${projectionName(projection)}${far}`;
}

export function poolingWords(pooling: Pooling): string {
  return pooling === "none" ? "all values" : `${pooling} over places`;
}

/** An image in lines: what it is said to be, and what the network says. */
export function imageLines(about: About, plane: Plane | null, number: number): string[] {
  const lines: string[] = [];
  const label = labelOf(about, number);
  if (label !== null) lines.push(`Label: ${label}`);
  if (!plane) return lines;
  const predicted = about.classes[plane.predicted[number]] ?? String(plane.predicted[number]);
  lines.push(`Prediction: ${predicted}, ${percent(plane.confidence[number])}`);
  const right = isRight(about, plane, number);
  if (right === false) lines.push("Wrong");
  return lines;
}

export function labelOf({ labels, codes }: About, number: number): string | null {
  return labels && codes ? (labels[codes[number]] ?? null) : null;
}

/** Whether the network is right; null where nobody knows. */
export function isRight(about: About, plane: Plane, number: number): boolean | null {
  if (!about.comparable || !about.codes) return null;
  return about.codes[number] === plane.predicted[number];
}

/** An image in a few words, for lists and for who does not see it. */
export function imageName(about: About, plane: Plane | null, number: number): string {
  return [`Image ${number}`, ...imageLines(about, plane, number)].join(", ");
}

export function distanceWords(distance: number, metric: Metric): string {
  if (metric !== "cosine") return formatValue(distance);
  const cosine = 1 - distance;
  return cosine > 0.99 ? cosine.toFixed(4) : formatValue(cosine); // after a ReLU most are near 1
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0.9995 || share < 0.0995 ? 1 : 0).replace("100.0", "100")}\u00a0%`;
}
