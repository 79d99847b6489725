/**
 * Builds the front end: `node build.mjs [build|test|dev]`.
 *
 * build  one self-contained JS and CSS file a view into cnnviz_widgets/static/; fails over budget.
 * test   bundles test/*.test.ts and runs them with Node's own runner.
 * dev    serves dev/index.html, where the views run on made-up data without a kernel.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const output = join(here, "../cnnviz_widgets/static");
const views = [
  "activation-atlas",
  "activations",
  "architecture",
  "attention",
  "attribution",
  "deconvolution",
  "deep-dream",
  "embedding",
  "feature-maps",
  "gradient-ascent",
  "health",
  "hidden-states",
  "image-chooser",
  "intervention",
  "layer-list",
  "operation",
  "text",
  "weights",
  "training",
  "waveform",
];
const budget = 60_000; // bytes; the kernel sends a bundle anew for every widget instance
const budgets = { "architecture.js": 100_000 }; // half of it is the library that lays graphs out
const target = ["es2022", "chrome105", "firefox110", "safari16"]; // container queries

async function build() {
  await esbuild.build({
    entryPoints: views.flatMap((view) => [
      { in: join(here, `src/${view}/index.ts`), out: view },
      { in: join(here, `src/${view}/style.css`), out: view },
    ]),
    outdir: output,
    bundle: true,
    minify: true,
    format: "esm",
    target,
    legalComments: "none",
    logLevel: "warning",
  });
  giveCredit("architecture.js", "@dagrejs/dagre/dist/dagre.esm.js.LEGAL.txt");
  for (const name of views.flatMap((view) => [`${view}.js`, `${view}.css`])) {
    const bytes = statSync(join(output, name)).size;
    const allowed = budgets[name] ?? budget;
    const size = `${(bytes / 1000).toFixed(1).padStart(5)} kB`;
    console.log(`${name.padEnd(20)} ${size}${bytes > allowed ? `, over the budget of ${allowed / 1000} kB` : ""}`);
    if (bytes > allowed) process.exitCode = 1;
  }
}

/** Puts the licence of a library in front of the bundle that holds it. */
function giveCredit(name, licence) {
  const words = readFileSync(join(here, "node_modules", licence), "utf8").trim();
  const path = join(output, name);
  writeFileSync(path, `${words}\n${readFileSync(path, "utf8")}`);
}

/** Bundles the style sheets alone and leaves them legible, for the tests to read. */
async function styles(folder) {
  await esbuild.build({
    entryPoints: views.map((view) => ({ in: join(here, `src/${view}/style.css`), out: view })),
    outdir: folder,
    bundle: true,
    target,
    logLevel: "warning",
  });
}

async function test() {
  const folder = mkdtempSync(join(tmpdir(), "cnnviz-js-"));
  try {
    const sources = readdirSync(join(here, "test")).filter((name) => name.endsWith(".test.ts"));
    await esbuild.build({
      entryPoints: sources.map((name) => join(here, "test", name)),
      outdir: folder,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node18",
      sourcemap: "inline",
      logLevel: "warning",
    });
    await styles(join(folder, "styles"));
    const files = sources.map((name) => join(folder, name.replace(/\.ts$/, ".mjs")));
    const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], {
      stdio: "inherit",
    });
    process.exitCode = run.status ?? 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function dev() {
  const context = await esbuild.context({
    entryPoints: [join(here, "dev/dev.ts"), join(here, "dev/dev.css")],
    outdir: join(here, "dev/built"), // served from memory, never written
    bundle: true,
    format: "esm",
    sourcemap: "inline",
    target,
  });
  const { port } = await context.serve({ servedir: join(here, "dev"), host: "127.0.0.1" });
  console.log(`http://127.0.0.1:${port}/`);
}

const modes = { build, test, dev };
const mode = process.argv[2] ?? "build";
if (!(mode in modes)) {
  console.error(`expected build, test or dev, got ${mode}`);
  process.exit(2);
}
await modes[mode]();
