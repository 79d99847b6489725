/**
 * What the page can show: `?view=feature-maps&case=running&theme=dark`.
 */
import type { LayerInfo, Receptive } from "../src/lib/model";
import { FakeModel, view } from "./fake-model";
import {
  ascentPixels,
  ascentScore,
  makePicture,
  makeSheet,
  type Oddities,
  random,
} from "./synthetic";

const PICTURE = 160;

function receptive(size: number, stride: number): Receptive {
  const start = Math.round((stride - size) / 2);
  return { size: [size, size], stride: [stride, stride], start: [start, start] };
}

function layer(
  name: string,
  kind: string,
  channels: number,
  side: number,
  seen: Receptive | null,
): LayerInfo {
  return { name, kind, channels, rows: side, cols: side, receptive: seen };
}

const LAYERS: LayerInfo[] = [
  layer("conv1", "conv", 24, 80, receptive(7, 2)),
  layer("relu_1", "activation", 24, 80, receptive(7, 2)),
  layer("blocks/0/conv2", "conv", 48, 40, receptive(15, 4)),
  layer("conv3", "conv", 64, 20, receptive(31, 8)),
  layer("conv4", "conv", 96, 10, receptive(63, 16)),
  layer("global_pool", "pool", 96, 1, null),
  layer("dense1", "dense", 12, 1, null),
];

/** A small residual network: a stem, blocks with a skip connection each, a head. */
export function architecture(name: string): FakeModel {
  const layer = (name: string, kind: string, side: number, channels: number, group: string | null) => ({
    name,
    kind,
    operation: kind,
    shape: side > 1 ? [side, side, channels] : [channels],
    parameters: kind === "conv" ? 9 * channels * channels : 0,
    flops: kind === "conv" ? 18 * channels * channels * side * side : side * side * channels,
    group,
  });
  const count = name === "large" ? 40 : 3;
  const blocks = Array.from({ length: count }, (_, at) => `blocks/${at}`);
  const layers = [
    layer("stem", "conv", 32, 16, null),
    ...blocks.flatMap((block) => [
      layer(`${block}/conv1`, "conv", 32, 16, block),
      layer(`${block}/relu`, "activation", 32, 16, block),
      layer(`${block}/conv2`, "conv", 32, 16, block),
      layer(`${block}/add`, "add", 32, 16, block),
    ]),
    layer("mean", "reduce", 1, 16, null),
    layer("head", "dense", 1, 10, null),
  ];
  const edges = layers.map(({ name }, at) => [at ? layers[at - 1].name : "input", name, [[32, 32, 16]]]);
  blocks.forEach((block, at) => {
    edges.push([at ? `${blocks[at - 1]}/add` : "stem", `${block}/add`, [[32, 32, 16]]]);
  });
  const groups = blocks.map((block) => ({
    name: block,
    group: "blocks",
    output: `${block}/add`,
    module: true,
  }));
  const outer = { name: "blocks", group: null, output: groups[count - 1].output, module: true };
  return new FakeModel({
    state: name === "error" ? "error" : "idle",
    message: name === "error" ? "expected one image, got a batch of 3. Pass images[:1]." : "",
    graph: { input: "input", shape: [32, 32, 3], layers, groups: [outer, ...groups], edges },
    layer: "blocks/1/add",
    unfolded: ["blocks", "blocks/1"],
    color: "kind",
    frame: null,
  });
}

export function featureMaps(name: string): FakeModel {
  const picture = makePicture(PICTURE);
  let layers = LAYERS;
  let chosen = "conv3";
  let odd: (layer: LayerInfo) => Oddities = ({ name }) => ({ signed: !name.startsWith("relu") });
  const single = (info: LayerInfo, oddities: Oddities = {}) => {
    layers = [info];
    chosen = info.name;
    odd = () => oddities;
  };
  if (name === "512") single(layer("block5_conv3", "conv", 512, 14, receptive(96, 11)));
  if (name === "2048") single(layer("conv5_block3_out", "add", 2048, 7, receptive(200, 22)));
  if (name === "large") single(layer("block2_conv2", "conv", 64, 112, receptive(14, 2)));
  if (name === "relu")
    single(layer("relu_1", "activation", 24, 80, receptive(7, 2)), { dead: [5, 6] });
  if (name === "nan")
    single(layer("conv2", "conv", 48, 28, receptive(9, 4)), {
      broken: [3, 17, 18],
      dead: [8],
      signed: true,
    });
  if (name === "vector") chosen = "dense1";
  if (name === "pooled") chosen = "global_pool";
  if (name === "vector4096") single(layer("fc1", "dense", 4096, 1, null));
  if (name === "one-dimension")
    single({ ...layer("conv1d", "conv", 32, 128, null), rows: 1 }, { signed: true });
  const empty = name === "empty" || name === "computing";
  const answer = (model: FakeModel) => {
    const info = layers.find((each) => each.name === model.get("layer"))!;
    model.set("frame", makeSheet((model.get("frame")?.number ?? 0) + 1, info, picture, odd(info)));
  };
  const model = new FakeModel(
    {
      state: name === "error" ? "error" : name === "computing" ? "running" : "idle",
      message:
        name === "error"
          ? "The network failed in layer “conv4”: expected 96 input channels, got 64. " +
            "Check the weights of the block before it."
          : "",
      layers,
      layer: chosen,
      channel: 3,
      colormap: "auto",
      scale: "channel",
      order: "index",
      position: name === "pinned" ? [9, 6] : null,
      picture,
      frame: null,
    },
    (saver, names) => {
      if (names.has("layer")) setTimeout(() => answer(saver), 30);
    },
  );
  if (!empty) answer(model);
  return model;
}

export function deconvolution(name: string): FakeModel {
  const picture = makePicture(PICTURE);
  const top = name === "top" || name === "searching";
  const frame = (count: number) => {
    const next = random(count);
    const boxes = Array.from({ length: count }, () => {
      const [top, left] = [0, 1].map(() => Math.floor(next() * (PICTURE - 31)));
      return [top, left, top + 31, left + 31];
    });
    const bytes = (seed: number) => view(ascentPixels(seed, 31 * Math.ceil(Math.sqrt(count))));
    return {
      number: 1,
      show: top ? "top" : "image",
      layer: "conv3",
      channel: 5,
      units: boxes.map((box, k) => ({ row: k, column: 2 * k, activation: 5 / (k + 1), box })),
      patches: bytes(9),
      reconstructions: bytes(80),
      whole: view(ascentPixels(60, PICTURE)),
      pinned: name === "pinned",
      pictures: top ? boxes.map((_, k) => 7 * k) : undefined,
      searched: 64,
      progress: name === "searching" ? 0.4 : 1,
      notes: name === "silent" ? ["No kept unit of conv3 is active in the image."] : [],
    };
  };
  const none = name === "empty" || name === "error";
  const count = name === "pinned" ? 1 : name === "searching" ? 4 : 9;
  return new FakeModel({
    state: name === "error" ? "error" : name === "searching" ? "running" : "done",
    message: name === "error" ? "deconvnet has no rule for the operation 'tanh'." : "",
    layers: LAYERS,
    layer: "conv3",
    channel: 5,
    position: name === "pinned" ? [0, 0] : null,
    strongest: count,
    show: top ? "top" : "image",
    picture,
    frame: none ? null : frame(count),
  });
}

export function gradientAscent(name: string): FakeModel {
  const size = name === "tiny" ? 28 : 128;
  const settled = (step: number) => ({
    number: step + 1,
    run: 1,
    step,
    score: ascentScore(step),
    width: size,
    height: size,
    pixels: view(ascentPixels(step, size)),
    steps: 256,
    scores: view(Float32Array.from({ length: step + 1 }, (_, i) => ascentScore(i))),
    kept: view(Int32Array.from({ length: Math.floor(step / 4) + 1 }, (_, i) => i * 4)),
    objective: "conv3:5",
  });
  let timer: ReturnType<typeof setInterval> | undefined;
  let step = 0;
  const stream = (model: FakeModel) => {
    const { pixels, scores, kept, ...frame } = settled(step);
    model.message({ type: "frame", buffers: ["pixels"], ...frame }, [pixels]);
    if (++step > 256) settle(model, "done");
  };
  const settle = (model: FakeModel, state: string) => {
    clearInterval(timer);
    model.set("frame", settled(Math.max(0, step - 1)));
    model.set("state", state);
  };
  const received = (model: FakeModel, message: any) => {
    if (message.type === "show") {
      const { pixels, scores, kept, ...frame } = settled(message.step);
      model.message({ type: "frame", buffers: ["pixels"], replay: true, ...frame }, [pixels]);
    }
    if (message.command === "play") {
      if (model.get("state") !== "paused") step = 0;
      model.set("state", "running");
      timer = setInterval(() => stream(model), 33);
    }
    if (message.command === "pause") settle(model, "paused");
    if (message.command === "stop") settle(model, "done");
    if (message.command === "step") {
      stream(model);
      settle(model, "paused");
    }
  };
  const reached: Record<string, number> = {
    running: 97,
    paused: 120,
    done: 256,
    scrubbed: 180,
    tiny: 200,
  };
  const states: Record<string, string> = {
    running: "running",
    scrubbed: "running",
    paused: "paused",
    done: "done",
    tiny: "done",
    error: "error",
    computing: "running",
  };
  return new FakeModel(
    {
      state: states[name] ?? "idle",
      message:
        name === "error" ? "The objective became NaN at step 12. Try a smaller learning rate." : "",
      layers: LAYERS,
      classes: ["astronaut", "brick", "cat", "coffee", "flower", "grass", "rocket", "temple"],
      objective: name === "class" ? "class" : name === "unit" ? "unit" : "channel",
      layer: "conv3",
      channel: 5,
      position: null,
      target: 2,
      end: "positive",
      own: "",
      channels: name === "grid" ? 9 : 1,
      presets: ["default", "lucid", "distill2017", "maco", "pixel"].map((preset) => {
        return { name: preset, rate: 0.05, size: 128, steps: 512, redirect: 16 };
      }),
      parameterisations: ["auto", "fourier", "pixels", "low resolution", "laplacian", "bilinear", "maco", "cppn", "alpha"],
      preset: "default",
      compare: "",
      parameterisation: "auto",
      size: null,
      seed: 0,
      learning_rate: null,
      redirect: null,
      examples: null,
      advice:
        name === "error"
          ? {
              kind: "diverged",
              words: "The ascent ran away. The picture is the last good one.",
              remedies: [{ label: "Learning rate 0.01", settings: { learning_rate: 0.01 } }],
            }
          : null,
      steps: 256,
      iteration: name === "scrubbed" ? 60 : -1,
      frame: name in reached ? settled(reached[name]) : null,
    },
    undefined,
    received,
  );
}

export function imageChooser(name: string): FakeModel {
  const names = ["astronaut", "brick", "cat", "coffee", "digits", "flower", "rocket", "temple"];
  const model = new FakeModel(
    {
      state: name === "error" ? "error" : "idle",
      message:
        name === "error"
          ? "The network takes pictures from 64×64 up; this one is 48×20. Choose a larger one."
          : "",
      names,
      name: "cat",
      uploads: true,
      thumbnails: [],
    },
    undefined,
    (model, message) => model.set("name", `upload: ${message.name}`),
  );
  void Promise.all(names.map((_, index) => thumbnail(index))).then((list) => {
    model.set("thumbnails", list);
  });
  return model;
}

async function thumbnail(seed: number): Promise<DataView> {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const rgb = seed % 2 ? ascentPixels(40 * seed, 64) : makePicture(64).pixels;
  const bytes = rgb instanceof Uint8Array ? view(rgb) : (rgb as DataView);
  const image = new ImageData(64, 64);
  for (let i = 0; i < 64 * 64; i++) {
    for (let plane = 0; plane < 3; plane++)
      image.data[i * 4 + plane] = bytes.getUint8(i * 3 + plane);
    image.data[i * 4 + 3] = 255;
  }
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  const blob = await new Promise<Blob>((done) => canvas.toBlob((made) => done(made!)));
  return view(new Uint8Array(await blob.arrayBuffer()));
}

export function layerList(name: string): FakeModel {
  const row = (name: string, kind: string, shape: number[], parameters: number, depth = 0) => ({
    name,
    kind,
    shape,
    parameters,
    flops: parameters * 900,
    depth,
  });
  const small = [
    row("conv1", "conv", [80, 80, 24], 3552),
    row("bn1", "norm", [80, 80, 24], 96),
    row("relu_1", "activation", [80, 80, 24], 0),
    row("blocks/0", "block", [40, 40, 48], 31392),
    row("blocks/0/conv", "conv", [40, 40, 48], 10416, 1),
    row("blocks/0/relu", "activation", [40, 40, 48], 0, 1),
    row("blocks/0/conv_1", "conv", [40, 40, 48], 20976, 1),
    row("blocks/0/max_pool", "pool", [20, 20, 48], 0, 1),
    row("conv3", "conv", [20, 20, 64], 27712),
    row("conv4", "conv", [10, 10, 96], 55392),
    row("global_pool", "pool", [96], 0),
    row("dense1", "dense", [12], 1164),
    row("softmax", "activation", [12], 0),
  ];
  const many = Array.from({ length: 60 }, (_, i) =>
    row(
      `stages/${Math.floor(i / 10)}/blocks/${i % 10}/conv_with_a_long_name`,
      "conv",
      [14, 14, 512],
      2359808,
      1,
    ),
  );
  return new FakeModel({
    state: "idle",
    message: "",
    layers: name === "empty" ? [] : name === "many" ? many : small,
    layer: name === "many" ? many[41].name : "conv3",
  });
}

export function weights(name: string): FakeModel {
  const next = random(5);
  const drawn = (count: number) => Float32Array.from({ length: count }, () => next() + next() + next() - 1.5);
  const none = name === "none";
  const layers = LAYERS.map((info) => ({ ...info, kernel: /conv|dense/.test(info.kind) }));
  const [outputs, inputs] = [48, 24];
  const codes = Int16Array.from(drawn(outputs * inputs * 9), (value) => 20000 * value);
  const strength = drawn(inputs).map(Math.abs);
  const about = none
    ? { layer: "relu_1", words: "relu_1 (activation) has no weights. The nearest kernels are in conv1.", nearest: ["conv1"] }
    : {
        layer: "blocks/0/conv2", words: "", kind: "conv", outputs, inputs, groups: 1, window: [3, 3],
        rows: 3, cols: 3, sources: ["conv1"],
        statistics: {
          count: outputs * inputs * 9, nonfinite: 0, sampled: outputs * inputs * 9, nearZero: 0.04,
          first: -1.4, last: 1.5, mean: 0.002, std: 0.5, low: -1.4, high: 1.5, norm: 51,
        },
        counts: view(Int32Array.from({ length: 60 }, (_, at) => 900 * Math.exp(-(((at - 29) / 9) ** 2)))),
        matrix: {
          rows: outputs, cols: inputs * 9, top: 0, tileRows: outputs, tileCols: inputs * 9,
          extreme: view(codes), extremeScale: 1.5,
        },
      };
  const partner = (channel: number) => ({
    channel, strength: strength[channel], total: channel % 2 ? -0.3 : 0.4, kernel: 9 * channel,
    rows: 3, cols: 3, map: null,
  });
  const numbers = new Float32Array(inputs * 11);
  numbers.set(drawn(inputs * 9));
  numbers.set(strength, inputs * 9);
  numbers.set(drawn(inputs), inputs * 10);
  const links = (layer: string) => ({
    layer, count: inputs, strength: inputs * 9, total: inputs * 10, partners: [3, 8, 11].map(partner),
  });
  const all = view(Int32Array.from({ length: inputs }, (_, at) => at));
  return new FakeModel({
    state: "done",
    message: "",
    layers,
    layer: none ? "relu_1" : "blocks/0/conv2",
    channel: 5,
    about,
    arrangement: {
      layer: "blocks/0/conv2", what: "pca", words: "", explained: 0.3,
      numbers: view(Int32Array.from({ length: outputs }, (_, at) => at)), places: view(drawn(2 * outputs)),
    },
    structures: ["pca", "similarity", "singular"],
    structure: "pca",
    show: name === "matrix" ? "matrix" : "kernels",
    scale: "auto",
    order: "index",
    blocks: "extreme",
    frame: none
      ? { number: 1, layer: "relu_1", channel: 0, none: true }
      : {
          number: 1, layer: "blocks/0/conv2", channel: 5, norm: 2.1, kernel: 0, taken: all,
          sourceChannels: all, before: [links("conv1")], after: [links("conv3")], more: [0, 0],
          own: null, numbers: view(numbers), codes: null,
        },
  });
}
