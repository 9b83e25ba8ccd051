#!/bin/sh
# install_tree.sh SOURCE TARGET: copies the files below SOURCE, mode 644, keeping folders.
set -eu

source=$1
target=$2

find "$source" -type f | while IFS= read -r file; do
    install -D -m 644 "$file" "$target/${file#"$source"/}"
done
