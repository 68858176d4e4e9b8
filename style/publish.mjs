// Puts a built file into the site under a name with its content hash, compressed beside it, and notes the hash in
// hash.txt, where the server finds it. Of older versions the last stays, for pages that are being opened just now.
// Usage: node publish.mjs <folder> (<kind> <file>)...   kinds: css, js, wasm
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [folder, ...built] = process.argv.slice(2);
const list = join(folder, "hash.txt");
const hashes = new Map(
  existsSync(list)
    ? readFileSync(list, "utf8").split("\n").filter(Boolean).map((line) => line.split(": "))
    : [],
);

for (let i = 0; i < built.length; i += 2) {
  const [kind, file] = [built[i], built[i + 1]];
  const content = readFileSync(file);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  const name = `klamm.${hash}.${kind}`;
  const before = hashes.get(kind);
  if (hashes.get(kind) === hash && existsSync(join(folder, `${name}.br`))) continue;
  const packed = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, `${name}.br`), packed);
  hashes.set(kind, hash);
  const pattern = new RegExp(`^klamm\\.([0-9a-f]{16})\\.${kind}(\\.br)?$`);
  for (const other of readdirSync(folder)) {
    const [, version] = pattern.exec(other) ?? [];
    if (version && version !== hash && version !== before) rmSync(join(folder, other));
  }
  console.log(`${name}: ${content.length} bytes, ${packed.length} with brotli`);
}

// In one step: a server that is starting must not read half a list.
const lines = [...hashes].map(([kind, hash]) => `${kind}: ${hash}\n`).join("");
writeFileSync(`${list}.tmp`, lines);
renameSync(`${list}.tmp`, list);
