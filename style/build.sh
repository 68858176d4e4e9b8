#!/bin/sh
# Builds the stylesheet, the fonts and the other files of public/ into target/site. Quick when nothing changed.
set -eu
cd "$(dirname "$0")/.."
site=${1:-target/site}

if [ ! -d style/node_modules ] || [ style/package-lock.json -nt style/node_modules/.package-lock.json ]; then
    npm --prefix style ci --no-audit --no-fund --loglevel=error
fi

mkdir -p "$site/pkg" "$site/fonts"
cp -R public/. "$site/"
fonts=style/node_modules/@fontsource-variable
cp "$fonts/inter/files/inter-latin-wght-normal.woff2" "$site/fonts/inter-latin.woff2"
cp "$fonts/inter/files/inter-latin-ext-wght-normal.woff2" "$site/fonts/inter-latin-ext.woff2"
cp "$fonts/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2" "$site/fonts/jetbrains-mono-latin.woff2"

plain="$site/klamm.css.tmp"
style/node_modules/.bin/esbuild style/klamm.css --bundle --minify '--external:/fonts/*' --log-level=warning "--outfile=$plain"
node style/publish.mjs "$site/pkg" css "$plain"
rm "$plain"
