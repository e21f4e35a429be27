import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

// What a build is made of. console_test.go computes the same sum without Node, and fails where dist was built from something else.
const sources = ["index.html", "package-lock.json", "package.json", "tsconfig.json", "vite.config.ts", "public", "src"];

function filesOf(path: string): string[] {
  const below = () => readdirSync(path, { withFileTypes: true }).flatMap(entry => filesOf(`${path}/${entry.name}`));
  return sources.includes(path) && path.includes(".") ? [path] : path.match(/\.[a-z]+$/) ? [path] : below();
}

/** sumOfSources is the SHA-256 over the lines "hash  path" of all files, sorted by path. */
function sumOfSources(): string {
  const hash = (text: Buffer | string) => createHash("sha256").update(text).digest("hex");
  const files = sources.flatMap(filesOf).sort();
  return hash(files.map(file => `${hash(readFileSync(join(import.meta.dirname, file)))}  ${file}\n`).join(""));
}

function writesBuild(): Plugin {
  return {
    name: "wxdesk-build",
    apply: "build",
    closeBundle() {
      writeFileSync(join(import.meta.dirname, "dist/BUILD"), `${sumOfSources()}\n`);
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [react(), writesBuild()],
  html: { cspNonce: "NONCE" }, // console.go puts a new one in its place with each answer
  build: {
    target: ["chrome109", "firefox121", "safari16.4"],
    cssCodeSplit: false,
    cssTarget: ["chrome109", "firefox121", "safari16.4"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700, // console_test.go holds the bars
    license: { fileName: "LICENSES.txt" },
    rolldownOptions: {
      output: {
        // Names without a hash: git stores the difference of a file that it knows. console.go serves them below a hash of all.
        entryFileNames: "[name].js",
        chunkFileNames: chunk => (chunk.facadeModuleId?.includes("/session/me/") ? "me.js" : "[name].js"),
        assetFileNames: asset => (asset.names.some(name => name.endsWith(".css")) ? "console.css" : "[name][extname]"),
        codeSplitting: {
          groups: [
            { name: "vendor", test: /node_modules/ },
            { name: "words-zh-CN", test: /src\/words\/zh-CN/ },
            { name: "words-en", test: /src\/words\/en/ },
            { name: "desk", test: /src\/desk\// },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    // Host and Origin stay those of the browser, because the API compares them.
    proxy: { "/v1": { target: process.env.DESK_API ?? "http://127.0.0.1:8080", changeOrigin: false } },
  },
});
