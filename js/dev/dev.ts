/**
 * Shows one view, or all of them, on made-up or recorded data, as `?view=operation-conv&theme=dark`
 * asks for. For scripts, the model is `window.model`, and `window.allShown` tells when all are there.
 */
import activationAtlasView from "../src/activation-atlas/index";
import activationsView from "../src/activations/index";
import architectureView from "../src/architecture/index";
import attentionView from "../src/attention/index";
import attributionView from "../src/attribution/index";
import deconvolutionView from "../src/deconvolution/index";
import deepDreamView from "../src/deep-dream/index";
import embeddingView from "../src/embedding/index";
import featureMapsView from "../src/feature-maps/index";
import gradientAscentView from "../src/gradient-ascent/index";
import healthView from "../src/health/index";
import hiddenStatesView from "../src/hidden-states/index";
import imageChooserView from "../src/image-chooser/index";
import interventionView from "../src/intervention/index";
import layerListView from "../src/layer-list/index";
import operationView from "../src/operation/index";
import textView from "../src/text/index";
import trainingView from "../src/training/index";
import waveformView from "../src/waveform/index";
import weightsView from "../src/weights/index";
import type { FakeModel } from "./fake-model";
import { recordedNames, recordedScene } from "./recorded";
import {
  architecture,
  deconvolution,
  featureMaps,
  gradientAscent,
  imageChooser,
  layerList,
  weights,
} from "./scenes";

const VIEWS: Record<string, { render: unknown }> = {
  "activation-atlas": activationAtlasView,
  activations: activationsView,
  architecture: architectureView,
  attention: attentionView,
  attribution: attributionView,
  deconvolution: deconvolutionView,
  "deep-dream": deepDreamView,
  embedding: embeddingView,
  "feature-maps": featureMapsView,
  "gradient-ascent": gradientAscentView,
  health: healthView,
  "hidden-states": hiddenStatesView,
  "image-chooser": imageChooserView,
  intervention: interventionView,
  "layer-list": layerListView,
  operation: operationView,
  text: textView,
  training: trainingView,
  waveform: waveformView,
  weights: weightsView,
};

/** Made up, in several cases each; `?case=error` chooses one. */
const SCENES: Record<string, (name: string) => FakeModel> = {
  architecture,
  deconvolution,
  "feature-maps": featureMaps,
  "gradient-ascent": gradientAscent,
  "image-chooser": imageChooser,
  "layer-list": layerList,
  weights,
};

const query = new URLSearchParams(location.search);
const theme = query.get("theme");
if (theme) document.body.dataset.jpThemeLight = String(theme === "light");
const wanted = (name: string) => (query.get("view") ?? name) === name;
const madeUp = Object.keys(SCENES).filter(wanted);

for (const name of madeUp) show(name, SCENES[name](query.get("case") ?? ""));
const recorded = (await recordedNames()).filter((name) => wanted(name) && !madeUp.includes(name));
const scenes = recorded.map(recordedScene); // all fetched at once, shown in their order
for (const scene of scenes) show(...(await scene));
if (madeUp.length + recorded.length === 0) {
  document.body.append("No such scene. Real views are recorded by: python -m js.dev.record");
}
Object.assign(window, { allShown: true });

function show(name: string, model: FakeModel): void {
  const copies = Number(query.get("copies") ?? 1);
  const render = VIEWS[name].render as (shown: object) => unknown;
  const cleanups = Array.from({ length: copies }, () => {
    const el = document.createElement("div");
    document.body.append(el);
    return render({ model: model.asModel(), el });
  });
  Object.assign(window, { model, cleanups });
}
