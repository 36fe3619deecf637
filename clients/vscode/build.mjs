// Builds the extension into a folder, ready for `vsce package --no-dependencies`:
//
//     node build.mjs FOLDER
//
// One file has everything but VS Code itself: an extension of many files starts later.

import { build } from "esbuild";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

const here = import.meta.dirname;
const out = path.resolve(process.argv[2] ?? path.join(here, "dist/package"));

await mkdir(path.join(out, "dist"), { recursive: true });
await build({
  entryPoints: [path.join(here, "src/extension.ts")],
  outfile: path.join(out, "dist/extension.js"),
  bundle: true,
  external: ["vscode"],
  format: "cjs",
  platform: "node",
  target: "node20",
  minify: true,
  legalComments: "inline",
  logLevel: "warning",
});
await cp(path.join(here, "README.md"), path.join(out, "README.md"));
await cp(path.join(here, "../../LICENSE"), path.join(out, "LICENSE"));
await writeFile(path.join(out, "THIRD_PARTY.txt"), await licences(["@msgpack/msgpack"]));
// What only the build needs would make vsce look for packages that are in the bundle already.
const { devDependencies: _devDependencies, scripts: _scripts, ...manifest } = JSON.parse(
  await readFile(path.join(here, "package.json"), "utf8"),
);
await writeFile(path.join(out, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);

/** The licences of the packages in the bundle: they ask to be in every copy. */
async function licences(names) {
  const find = createRequire(import.meta.url).resolve.paths("x");
  const texts = names.map(async (name) => {
    const folders = find.map((folder) => path.join(folder, name));
    const folder = folders.find((each) => existsSync(each));
    return `${name}\n\n${await readFile(path.join(folder, "LICENSE"), "utf8")}`;
  });
  return (await Promise.all(texts)).join("\n\n");
}
