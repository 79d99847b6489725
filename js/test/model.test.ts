import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { Saver } from "../src/lib/model";

function makeSaver(interval: number) {
  const controller = new AbortController();
  const model = { saves: 0, save_changes: () => void model.saves++ };
  return { controller, model, saver: new Saver(model, controller.signal, interval) };
}

test("changes that come quickly are saved together, and again later", async () => {
  const { model, saver } = makeSaver(5);
  for (let i = 0; i < 100; i++) saver.soon();
  assert.equal(model.saves, 0);
  await sleep(20);
  assert.equal(model.saves, 1);
  saver.soon();
  await sleep(20);
  assert.equal(model.saves, 2);
});

test("saving now takes along what was to be saved soon", async () => {
  const { model, saver } = makeSaver(5);
  saver.soon();
  saver.now();
  assert.equal(model.saves, 1);
  await sleep(20);
  assert.equal(model.saves, 1);
});

test("closing a view saves what is left, once", async () => {
  const { model, saver, controller } = makeSaver(5);
  saver.soon();
  controller.abort();
  assert.equal(model.saves, 1);
  await sleep(20);
  assert.equal(model.saves, 1);
});
