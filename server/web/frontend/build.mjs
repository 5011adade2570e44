// Builds the scripts and styles of the pages into ../static/build. `--watch` builds again on every change.
import * as esbuild from "esbuild";

const options = {
  entryPoints: { main: "src/main.js", charts: "src/charts.js", theme: "src/theme.js", styles: "styles/main.css" },
  outdir: "../static/build",
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome123", "firefox120", "safari17.5"],
  logLevel: "info",
};

if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options);
  await context.watch();
} else {
  await esbuild.build(options);
}
