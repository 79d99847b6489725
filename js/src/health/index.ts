/**
 * Health: what is wrong with a network, in words, with the layers linked.
 */
import { followSize } from "../lib/canvas";
import { h, setText } from "../lib/dom";
import { receiveFrames } from "../lib/frames";
import { type CommonTraits, follow } from "../lib/model";
import { Panel } from "../lib/panel";
import { type Shell, view } from "../lib/shell";
import { Findings } from "./findings";
import { Layers } from "./layers";
import { Reliability } from "./reliability";
import { headline, type HealthFrame, unasked } from "./report";

interface Traits extends CommonTraits<HealthFrame> {
  layer: string;
  channel: number;
}

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  let frame: HealthFrame | null = null;
  let painted: HealthFrame | null = null;

  const choose = (layer: string, channel: number | null) => {
    model.set("layer", layer);
    if (channel !== null) model.set("channel", channel);
    painter.flush();
    saver.soon();
  };
  const show = (number: number) => kernel.send({ type: "image", number });

  const findings = new Findings({ choose, show }, signal);
  const layers = new Layers((layer) => choose(layer, null), signal);
  const reliability = new Reliability();
  const heading = h("p", { class: "cv-headline", role: "status" });
  const rest = h("p", { class: "cv-unasked" });
  const table = new Panel("layers", layers.element);
  table.title("Layers");
  const right = h("div", { class: "cv-right" }, table.element, reliability.element);
  const panels = h("div", { class: "cv-panels" }, findings.element, right);
  const empty = h("div", { class: "cv-empty" });
  root.append(heading, panels, rest, empty);
  const repaint = () => painter.request();
  followSize([reliability.boxElement], repaint, signal);
  follow(model, ["layer", "state"], repaint, signal);
  receiveFrames(
    model,
    (received) => {
      frame = received;
      painter.request(received.number);
    },
    signal,
  );

  return () => {
    panels.hidden = heading.hidden = rest.hidden = !frame;
    empty.hidden = frame !== null;
    const failed = model.get("state") === "error";
    empty.textContent = failed ? "Nothing to show" : "Looking through the network…";
    if (!frame) return;
    setText(heading, headline(frame));
    setText(rest, unasked(frame));
    rest.hidden = rest.textContent === "";
    if (frame !== painted) findings.paint(frame); // a focused link stays
    painted = frame;
    table.element.hidden = frame.layers.length === 0;
    layers.paint(frame, model.get("layer"));
    reliability.element.hidden = frame.calibration === null;
    if (frame.calibration) reliability.paint(frame.calibration);
    root.dataset.findings = String(frame.findings.length);
  };
}

export default { render: view<Traits>("health", "Health", build) };
