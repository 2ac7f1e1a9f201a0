// `node build.mjs <out dir>`: bundles the console into files whose names carry a hash of their content.
//
// The output is `console.html` and `assets/console/`, which `frontend/bundle` compresses and the server embeds.
// Nothing in it is fetched from elsewhere, evaluated from text or run from a `blob:`.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

if (process.argv.length !== 3) throw new Error('usage: node build.mjs <out dir>');
const here = fileURLToPath(new URL('.', import.meta.url));
const out = resolve(process.argv[2]);
rmSync(out, { recursive: true, force: true });

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  metafile: true,
  target: 'es2022',
  outdir: join(out, 'assets/console'),
  publicPath: '/assets/console/',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.ttf': 'file' },
  logLevel: 'error',
};

/** The name that an entry point's output has got. */
function nameOf(result, entry) {
  const found = Object.entries(result.metafile.outputs).find(([, output]) => output.entryPoint?.endsWith(entry));
  if (!found) throw new Error(`${entry} was not built`);
  return basename(found[0]);
}

/** GraphiQL brings half a megabyte of fonts in its stylesheet; the page uses those of the system, as the rest of
 *  the UI does. */
const systemFonts = {
  name: 'system-fonts',
  setup({ onLoad }) {
    const without = (filter, loader, pattern, replacement) => onLoad({ filter }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const contents = text.replace(pattern, replacement);
      if (contents === text) throw new Error(`${path}: its fonts are not where they were`);
      return { contents, loader };
    });
    without(/@graphiql\/react\/dist\/style\.css$|graphiql\/dist\/style\.css$/, 'css', /@font-face\s*\{[^}]*\}/g, '');
    // That stylesheet has Monaco's as well, all but the icons' font, which comes as a file.
    onLoad({ filter: /monaco-editor\/esm\/.*\.css$/ }, ({ path }) => (
      path.endsWith('/codicon.css') ? undefined : { contents: '', loader: 'empty' }));
    without(/create-editor\.js$/, 'js', String.raw`"\"Fira Code\""`,
      '"ui-monospace, SFMono-Regular, Menlo, Consolas, \'Liberation Mono\', monospace"');
  },
};

const sources = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
};
const workers = await build({ ...shared, entryPoints: Object.values(sources), format: 'iife', entryNames: '[name]-[hash]' });
const addresses = Object.fromEntries(Object.entries(sources).map(
  ([label, entry]) => [label, shared.publicPath + nameOf(workers, entry)]));

const page = await build({
  ...shared,
  entryPoints: ['main.jsx'],
  format: 'esm',
  splitting: true,
  jsx: 'automatic',
  define: { ...shared.define, WORKERS: JSON.stringify(addresses) },
  plugins: [systemFonts],
});
const script = nameOf(page, 'main.jsx');
const { cssBundle } = Object.values(page.metafile.outputs).find((output) => output.entryPoint === 'main.jsx');
const html = readFileSync(join(here, 'console.html'), 'utf8')
  .replace('main.js', shared.publicPath + script)
  .replace('main.css', shared.publicPath + basename(cssBundle));
writeFileSync(join(out, 'console.html'), html);
