/**
 * Where the class is seen, before and after, over the picture.
 */
import { overlay } from "../lib/overlay";
import { asBytes } from "../lib/bytes";
import { paintPicture } from "../lib/canvas";
import { palette, type Theme } from "../lib/colormap";
import { h } from "../lib/dom";
import type { InputPicture } from "../lib/model";
import { Notice } from "../lib/notice";
import { Panel } from "../lib/panel";
import { Stage } from "../lib/stage";
import { formatValue } from "../lib/format";
import type { InterventionFrame } from "./frame";

const NAMES = ["before", "after", "difference"] as const;
const OPACITY = 0.7;

export class AttributionPanel {
  private readonly stages = NAMES.map((name) => new Stage(name));
  private readonly notice = new Notice();
  private readonly panel: Panel;
  private readonly scratch = document.createElement("canvas");
  private readonly figures: HTMLElement;
  private painted: unknown[] = [];
  readonly element: HTMLElement;
  readonly stageElement: HTMLElement;

  constructor() {
    this.figures = h(
      "div",
      { class: "cv-overlays" },
      ...NAMES.map((name, at) =>
        h("figure", {}, this.stages[at].element, h("figcaption", { class: "cv-quiet" }, name)),
      ),
    );
    this.panel = new Panel("attribution", this.notice.element, this.figures);
    this.element = this.panel.element;
    this.stageElement = this.stages[0].element;
  }

  paint(
    frame: InterventionFrame,
    picture: InputPicture | null,
    method: string,
    className: string,
    theme: Theme,
  ): void {
    this.notice.say(frame.refused, "error");
    const found = frame.attribution;
    this.element.hidden = !picture || (!found && !frame.refused);
    this.figures.hidden = !found;
    this.panel.title(`${method} for ${className}`);
    if (!picture || !found) return;
    const same = found.apart === 0;
    this.panel.say(same ? "nothing changes" : `changes by up to ${formatValue(found.apart)}`);
    const { width, height } = picture;
    this.figures.style.setProperty("--cv-aspect", String(width / height));
    const sizes = this.stages.map((stage) => stage.fit(width / height)[0]);
    const wanted = [frame, picture, theme, devicePixelRatio, ...sizes];
    if (wanted.every((item, at) => item === this.painted[at])) return;
    this.painted = wanted;
    const own = palette(found.signed ? "diverging" : "magma", theme);
    NAMES.forEach((name, at) => {
      const codes = asBytes(frame[`attribution_${name}`]);
      const colors = name === "difference" ? palette("diverging", theme) : own;
      if (codes.length !== width * height) return;
      const laid = overlay(asBytes(picture.pixels), codes, colors, OPACITY, width, height);
      paintPicture(this.stages[at].canvas, this.scratch, laid, sizes[at], "crisp");
      this.stages[at].label(`${method} for ${className}, ${name}`);
    });
  }
}
