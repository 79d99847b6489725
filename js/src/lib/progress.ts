/**
 * How far a job is, as a line that fills. Its place stays when the job is done: nothing moves.
 */
import { h } from "./dom";

export class Progress {
  readonly element: HTMLElement;

  constructor(label: string) {
    this.element = h("div", { class: "cv-job", role: "progressbar", "aria-label": label });
  }

  /**
   * @param words how far it is, for who does not see it
   * @param on whether the job runs
   */
  paint(done: number, of: number, words: string, on: boolean): void {
    const { element } = this;
    const share = of ? done / of : 0;
    element.classList.toggle("cv-job-over", !on);
    element.style.setProperty("--cv-share", String(share));
    element.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    element.setAttribute("aria-valuetext", words);
  }
}
