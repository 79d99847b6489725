/**
 * Scenes that were recorded from real views, by `python -m js.dev.record`.
 */
import { FakeModel, view } from "./fake-model";

interface Recorded {
  view: string;
  traits: Record<string, unknown>;
}

/** Names of the recorded scenes; none where nothing was recorded. */
export async function recordedNames(): Promise<string[]> {
  const answer = await fetch("recorded/index.json");
  return answer.ok ? ((await answer.json()) as string[]) : [];
}

/** The name of a scene's view, and a model with its traits. */
export async function recordedScene(name: string): Promise<[view: string, model: FakeModel]> {
  const answer = await fetch(`recorded/${name}.json`);
  const told = JSON.parse(await answer.text(), revive) as Recorded;
  return [told.view, new FakeModel(told.traits)];
}

/** Puts binary values back in place. */
function revive(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("$bytes" in value)) return value;
  return view(Uint8Array.from(atob(String(value.$bytes)), (letter) => letter.charCodeAt(0)));
}
