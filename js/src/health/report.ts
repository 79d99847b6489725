/**
 * What the kernel found, and what the page makes of it in numbers. Pure.
 */
import type { Numbered } from "../lib/frames";

export type Severity = "error" | "warning" | "note";

export interface Finding {
  kind: string;
  severity: Severity;
  words: string;
  layer: string | null;
  channels: number[];
  more_channels: number;
  images: number[];
  more_images: number;
}

export type LayerRow = [
  layer: string,
  dead: number | null,
  saturated: number | null,
  gradient: number | null,
];

export interface Calibration {
  confidence: number;
  accuracy: number;
  /** The expected calibration error. */
  error: number;
  /** Images, mean confidence and accuracy of each bin. */
  bins: [count: number, confidence: number, accuracy: number][];
}

export interface HealthFrame extends Numbered {
  images: number;
  findings: Finding[];
  layers: LayerRow[];
  calibration: Calibration | null;
  unlike: { far: number; layer: string } | null;
}

/** "2 errors, 1 warning, 3 notes", or that there is nothing. */
export function headline({ findings, images }: Pick<HealthFrame, "findings" | "images">): string {
  const seen = `${images} image${images === 1 ? "" : "s"}`;
  if (findings.length === 0) return `Nothing found with ${seen}`;
  const parts = (["error", "warning", "note"] as const).flatMap((severity) => {
    const count = findings.filter((each) => each.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? "" : "s"}`];
  });
  return `${parts.join(", ")} with ${seen}`;
}

/** What could be asked besides, and what it takes; "" if all was. */
export function unasked({ calibration, unlike }: Pick<HealthFrame, "calibration" | "unlike">): string {
  const words = [
    calibration === null && "confidence against accuracy, for which it takes labels",
    unlike === null && "images unlike the training set, for which it takes a reference",
  ].filter(Boolean);
  return words.length === 0 ? "" : `Not looked at: ${words.join("; ")}.`;
}

/** How long a gradient's bar is: powers of ten below the largest one, eight of them. */
export function gradientShare(value: number, largest: number): number {
  if (!(value > 0) || !(largest > 0)) return 0;
  return Math.min(1, Math.max(0.02, 1 + Math.log10(value / largest) / 8));
}
