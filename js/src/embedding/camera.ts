/**
 * Which part of the plane is on the stage, and how large; what is under a point. Pure numbers, in
 * CSS pixels.
 */
import type { Plane } from "./frame";

const CLOSEST = 60;
const AIR = 26;

/** The plane's side is `side * scale`; its corner is at (`x`, `y`) of the stage. */
export interface Camera {
  side: number;
  scale: number;
  x: number;
  y: number;
}

/** What is drawn of each image: how many there are, and the pixels of a thumbnail; 0 for a dot. */
export interface Drawn {
  count: number;
  native: number;
}

const DOTS: Drawn = { count: 0, native: 0 };

/** All of the plane in the middle of the stage, with what is drawn at its edges. */
export function whole(
  width: number,
  height: number,
  used: readonly [number, number] = [1, 1],
  drawn: Drawn = DOTS,
): Camera {
  const rooms: [room: number, share: number][] = [
    [width, Math.max(used[0], 0.05)],
    [height, Math.max(used[1], 0.05)],
  ];
  const at = (side: number): Camera => ({ side, scale: 1, x: (width - side) / 2, y: (height - side) / 2 });
  const fits = (side: number) => rooms.every(([room, share]) => side * share + 2 * air(at(side), drawn) <= room);
  let [low, high] = [1, Math.min(...rooms.map(([room, share]) => Math.max(1, (room - 2 * AIR) / share)))];
  if (fits(high)) return at(high);
  for (let halving = 0; halving < 30; halving++) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return at(low);
}

/** Room around the middle of an image: for half of it, grown as the chosen one is, and its border. */
export function air(camera: Camera, { count, native }: Drawn): number {
  return native > 0 ? Math.max(AIR, 0.625 * thumbnailSide(camera, count, native) + 4) : AIR;
}

/** The same part of the plane on a stage of another size, or of a plane of another shape. */
export function resized(
  camera: Camera,
  from: [number, number],
  to: [number, number],
  used: readonly [number, number] = [1, 1],
  drawn: Drawn = DOTS,
): Camera {
  const next = whole(...to, used, drawn);
  const by = next.side / camera.side;
  const x = to[0] / 2 - (from[0] / 2 - camera.x) * by;
  const y = to[1] / 2 - (from[1] / 2 - camera.y) * by;
  return { ...next, scale: camera.scale, x, y };
}

/** Zooms about a point of the stage, hardly further out than the whole plane. */
export function zoomed(camera: Camera, times: number, x: number, y: number): Camera {
  const scale = Math.min(CLOSEST, Math.max(0.8, camera.scale * times));
  const by = scale / camera.scale;
  return { ...camera, scale, x: x - (x - camera.x) * by, y: y - (y - camera.y) * by };
}

export function moved(camera: Camera, right: number, down: number): Camera {
  return { ...camera, x: camera.x + right, y: camera.y + down };
}

export function spot(camera: Camera, plane: Plane, at: number): [number, number] {
  const size = camera.side * camera.scale;
  return [camera.x + plane.x[at] * size, camera.y + plane.y[at] * size];
}

/** How large thumbnails are drawn: so that they would just cover the plane, and more when near. */
export function thumbnailSide(camera: Camera, count: number, native: number): number {
  const room = (camera.side * Math.sqrt(camera.scale)) / Math.sqrt(Math.max(1, count));
  return Math.round(Math.min(Math.max(22, 1.5 * native), Math.max(7, 1.15 * room * Math.sqrt(camera.scale))));
}

/** Of dots, in CSS pixels. */
export function dotRadius(camera: Camera, count: number): number {
  const base = count > 5000 ? 2 : count > 1000 ? 2.5 : 4;
  return Math.min(8, base * camera.scale ** 0.3);
}

/**
 * The image under a point of the stage, or null.
 *
 * @param reach how far from its middle an image can be hit
 * @param shown 1 for those that can be
 */
export function imageAt(
  camera: Camera,
  plane: Plane,
  x: number,
  y: number,
  reach: number,
  shown: Uint8Array,
): number | null {
  let best: number | null = null;
  let least = reach;
  const size = camera.side * camera.scale;
  for (let at = 0; at < plane.count; at++) {
    if (!shown[at]) continue;
    const across = Math.abs(camera.x + plane.x[at] * size - x);
    if (across >= least) continue;
    const far = Math.max(across, Math.abs(camera.y + plane.y[at] * size - y));
    if (far < least) [best, least] = [at, far];
  }
  return best;
}

/** The image that an arrow key leads to: the nearest one on that side, or null. */
export function imageByKey(plane: Plane, from: number, key: string, shown: Uint8Array): number | null {
  const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
    key
  ] ?? [0, 0];
  let best: number | null = null;
  let least = Infinity;
  for (let at = 0; at < plane.count; at++) {
    if (!shown[at] || at === from) continue;
    const [x, y] = [plane.x[at] - plane.x[from], plane.y[at] - plane.y[from]];
    const along = x * right + y * down;
    const across = Math.abs(x * down) + Math.abs(y * right);
    const cost = along + 2 * across;
    if (along > 0 && across <= along && cost < least) [best, least] = [at, cost];
  }
  return best;
}

/** Moves as little as brings an image onto the stage. */
export function showing(
  camera: Camera,
  plane: Plane,
  at: number,
  width: number,
  height: number,
  drawn: Drawn = DOTS,
): Camera {
  const [x, y] = spot(camera, plane, at);
  const edge = air(camera, drawn);
  const shift = (place: number, room: number) => Math.max(0, edge - place) + Math.min(0, room - edge - place);
  return moved(camera, shift(x, width), shift(y, height));
}
