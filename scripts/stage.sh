#!/bin/sh
# stage.sh DIR: a private PostgreSQL in DIR with the extension installed into it.
#
# PostgreSQL finds its libraries and its share directory relative to its own
# binary, so a copy of the binaries beside links to everything else is a server
# of its own: the system's installation stays as it is, and no root is needed.
set -eu

cd "$(dirname "$0")/.."
pg_config=${PG_CONFIG:-pg_config}
mkdir -p "$1"
stage=$(cd "$1" && pwd)

bindir=$("$pg_config" --bindir)
libdir=$("$pg_config" --pkglibdir)
sharedir=$("$pg_config" --sharedir)

rm -rf "${stage:?}/usr"
mkdir -p "$stage$bindir" "$stage$libdir" "$stage$sharedir/extension"
cp -L "$bindir"/* "$stage$bindir/"
for file in "$libdir"/*; do
    [ -d "$file" ] || ln -s "$file" "$stage$libdir/"
done
for file in "$sharedir"/*; do
    [ "$(basename "$file")" = extension ] || ln -s "$file" "$stage$sharedir/"
done
ln -s "$sharedir"/extension/* "$stage$sharedir/extension/"

# An installed volunteer must not shine through the links.
find "$stage$libdir" "$stage$sharedir/extension" -maxdepth 1 -name 'volunteer*' -exec rm -rf {} +
make -s -C pg_extension install "DESTDIR=$stage" "PG_CONFIG=$pg_config" >/dev/null
ln -sfn ".$bindir" "$stage/bin"
