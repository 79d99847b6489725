/**
 * Shows one view, or all of them, on made-up data. The model is `window.model` for scripts.
 */
import architectureView from "../src/architecture/index";
import deconvolutionView from "../src/deconvolution/index";
import featureMapsView from "../src/feature-maps/index";
import gradientAscentView from "../src/gradient-ascent/index";
import imageChooserView from "../src/image-chooser/index";
import layerListView from "../src/layer-list/index";
import weightsView from "../src/weights/index";
import type { FakeModel } from "./fake-model";
import {
  architecture,
  deconvolution,
  featureMaps,
  gradientAscent,
  imageChooser,
  layerList,
  weights,
} from "./scenes";

const SCENES = {
  architecture: [architectureView, architecture],
  deconvolution: [deconvolutionView, deconvolution],
  "feature-maps": [featureMapsView, featureMaps],
  "gradient-ascent": [gradientAscentView, gradientAscent],
  "image-chooser": [imageChooserView, imageChooser],
  "layer-list": [layerListView, layerList],
  weights: [weightsView, weights],
} as const;

const query = new URLSearchParams(location.search);
const theme = query.get("theme");
if (theme) document.body.dataset.jpThemeLight = String(theme === "light");
const names = Object.keys(SCENES).filter((name) => (query.get("view") ?? name) === name);

for (const name of names) {
  const [view, scene] = SCENES[name as keyof typeof SCENES];
  const model: FakeModel = scene(query.get("case") ?? "");
  const copies = Number(query.get("copies") ?? 1);
  const cleanups = Array.from({ length: copies }, () => {
    const el = document.createElement("div");
    document.body.append(el);
    return view.render({ model: model.asModel(), el } as never);
  });
  Object.assign(window, { model, cleanups });
}
