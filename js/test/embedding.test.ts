import assert from "node:assert/strict";
import { test } from "node:test";
import { air, dotRadius, imageAt, imageByKey, moved, resized, showing, spot, thumbnailSide, whole, zoomed } from "../src/embedding/camera";
import { classColor, coloring } from "../src/embedding/colors";
import {
  type AboutTold,
  distanceWords,
  imageLines,
  imageName,
  isRight,
  isWaiting,
  type PlacesFrame,
  planeWords,
  readAbout,
  readPlane,
} from "../src/embedding/frame";
import { matching } from "../src/embedding/matching";
import { uncovered } from "../src/embedding/strips";

const floats = (...values: number[]) => new DataView(Float32Array.from(values).buffer);
const integers = (...values: number[]) => new DataView(Int32Array.from(values).buffer);

const frame: PlacesFrame = {
  number: 1,
  layer: "relu_4",
  pooling: "mean",
  pooled: true,
  projection: "tsne",
  metric: "cosine",
  size: 64,
  predicted: integers(0, 1, 1, 2),
  confidence: floats(0.99, 0.5, 1, 0.04),
  places: floats(-2, 0, 2, 0, 0, 1, 0, -1), // left, right, up, down
  step: 5,
  steps: 750,
  words: "",
};
const told: AboutTold = {
  count: 4,
  pictured: true,
  classes: ["cat", "catfish", "moon"],
  labels: ["cat", "catfish", "moon"],
  codes: integers(0, 1, 0, 2),
  comparable: true,
};
const about = readAbout(told);
const plane = readPlane(frame);
const all = new Uint8Array(4).fill(1);

test("places fill a square without being stretched, and up is up", () => {
  assert.deepEqual([...plane.x], [0, 1, 0.5, 0.5]);
  assert.deepEqual([...plane.y], [0.5, 0.5, 0.25, 0.75]);
  assert.deepEqual(plane.used, [1, 0.5]);
  assert.ok(isWaiting({ number: 1, doing: "reading", done: 1, of: 2 }));
  assert.equal(planeWords(plane), "4 images by 64 values, mean over places: t-SNE, step 5 of 750");
});

test("an image is told in words", () => {
  assert.deepEqual(imageLines(about, plane, 2), ["Label: cat", "Prediction: catfish, 100\u00a0%", "Wrong"]);
  assert.equal(imageName(about, plane, 3), "Image 3, Label: moon, Prediction: moon, 4.0\u00a0%");
  const unlabelled = readAbout({ ...told, labels: null, codes: null, comparable: false });
  assert.deepEqual(imageLines(unlabelled, null, 0), []);
  assert.equal(isRight(unlabelled, plane, 0), null);
  assert.equal(distanceWords(0.001, "cosine"), "0.9990");
  assert.equal(distanceWords(1.25, "euclidean"), "1.25");
});

test("words and keys of the legend say which images are meant", () => {
  const of = (text: string, keys: number[] = []) =>
    [...matching(about, plane, text, new Set(keys), about.codes!)].join("");
  assert.equal(of(""), "1111");
  assert.equal(of("#2"), "0010");
  assert.equal(of("Cat"), "1010"); // the class, not what has its name in it
  assert.equal(of("fish"), "0110");
  assert.equal(of("zebra"), "0000");
  assert.equal(of("", [0, 2]), "1011");
  assert.equal(of("fish", [0]), "0010");
});

test("colours tell classes, mistakes and confidence", () => {
  const label = coloring(about, plane, "label", "light");
  assert.deepEqual(label.keys.map(({ name, count }) => [name, count]), [["cat", 2], ["catfish", 1], ["moon", 1]]);
  const right = coloring(about, plane, "right", "dark");
  assert.deepEqual([...right.codes], [0, 0, 1, 0]);
  assert.deepEqual(right.keys.map(({ name, count }) => [name, count]), [["right", 3], ["wrong", 1]]);
  const sure = coloring(about, plane, "confidence", "light");
  assert.deepEqual([...sure.codes], [15, 8, 15, 0]);
  assert.equal(sure.keys.length, 0);
  const many = new Set(Array.from({ length: 40 }, (_, at) => classColor(at, 40, "light")));
  assert.equal(many.size, 40);
});

test("the camera zooms about a point, keeps it at another size, and shows all", () => {
  const camera = whole(700, 400, plane.used);
  const [x, y] = spot(camera, plane, 1);
  assert.ok(x <= 700 && x > 600 && Math.abs(y - 200) < 1e-9);
  const near = zoomed(camera, 2, x, y);
  assert.deepEqual(spot(near, plane, 1), [x, y]);
  assert.equal(zoomed(camera, 1e-9, 0, 0).scale, 0.8);
  const wider = resized(camera, [700, 400], [1400, 800], plane.used);
  assert.ok(Math.abs(spot(wider, plane, 2)[0] - 700) < 1e-9);
  const away = moved(near, -5000, 0);
  const back = showing(away, plane, 1, 700, 400);
  const [shown] = spot(back, plane, 1);
  assert.ok(shown >= 0 && shown <= 700);
  assert.ok(thumbnailSide(camera, 10_000, 28) < thumbnailSide(camera, 100, 28));
  assert.ok(thumbnailSide({ ...camera, scale: 60 }, 100, 28) <= 42);
  assert.ok(dotRadius(camera, 10_000) < dotRadius(camera, 100));
});

test("the whole plane has room for all of the pictures at its edges", () => {
  for (const native of [0, 28, 64, 200]) {
    for (const [count, [width, height]] of [[4, [700, 400]], [400, [300, 600]], [10_000, [1200, 700]]] as const) {
      const drawn = { count, native };
      const camera = whole(width, height, plane.used, drawn);
      const half = native ? thumbnailSide(camera, count, native) / 2 + 2 : dotRadius(camera, count);
      const at = [0, 1, 2, 3].map((each) => spot(camera, plane, each));
      const [left, right] = [at[0][0] - half, at[1][0] + half];
      const [top, bottom] = [at[2][1] - half, at[3][1] + half];
      assert.ok(left >= 0 && right <= width && top >= 0 && bottom <= height, `${native} px, ${count}`);
      const room = Math.min(width - camera.side, height - camera.side / 2) - 2 * air(camera, drawn);
      assert.ok(room >= -1e-6 && room < 3, `no more room than is needed, ${room}`);
    }
  }
});

test("of a moved picture only what nothing covers is drawn, and each pixel once", () => {
  const [width, height] = [9, 7];
  for (const [right, down] of [[2, 3], [-2, 3], [2, -3], [-4, -1], [0, 5], [8, 0], [0, 0]]) {
    const drawn = new Uint8Array(width * height);
    for (const box of uncovered(width, height, right, down) ?? []) {
      for (let y = box.y; y < box.y + box.height; y++) {
        for (let x = box.x; x < box.x + box.width; x++) drawn[y * width + x] += 1;
      }
    }
    drawn.forEach((times, at) => {
      const [x, y] = [(at % width) - right, Math.floor(at / width) - down];
      const covered = x >= 0 && y >= 0 && x < width && y < height;
      assert.equal(times, covered ? 0 : 1, `${right}, ${down}: pixel ${at}`);
    });
  }
  assert.equal(uncovered(width, height, 9, 0), null);
  assert.equal(uncovered(width, height, 1, -7), null);
});

test("the nearest image is hit, and keys go to the nearest on a side", () => {
  const camera = whole(700, 400, plane.used);
  const [x, y] = spot(camera, plane, 2);
  assert.equal(imageAt(camera, plane, x + 4, y - 3, 10, all), 2);
  assert.equal(imageAt(camera, plane, x + 40, y, 10, all), null);
  assert.equal(imageAt(camera, plane, x, y, 10, Uint8Array.of(1, 1, 0, 1)), null);
  assert.equal(imageByKey(plane, 2, "ArrowDown", all), 3);
  assert.equal(imageByKey(plane, 2, "ArrowRight", all), 1);
  assert.equal(imageByKey(plane, 1, "ArrowRight", all), null);
});
