#!/usr/bin/env bash
# Builds the documentation as a book in target/book, with mdBook, which it installs into target/tools.
#
#     scripts/book.sh           then open target/book/index.html
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.5.4
tools=$PWD/target/tools
if ! "$tools/bin/mdbook" --version 2>/dev/null | grep -qF "$version"; then
    cargo install mdbook --version "$version" --locked --no-default-features --root "$tools"
fi

# A copy of the pages and of the files that they link to, without build results.
pages=target/book-pages
rm -rf "$pages" target/book
mkdir -p "$pages"
git ls-files '*.md' 'LICENSE*' docs examples scripts tests/ui hpo-core/src hpo-linfa/src hpo-burn/src .ci \
    | while IFS= read -r file; do
        mkdir -p "$pages/$(dirname "$file")"
        cp "$file" "$pages/$file"
    done
cp docs/book/SUMMARY.md "$pages/SUMMARY.md"
# The README becomes the first page.
mv "$pages/README.md" "$pages/index.md"
find "$pages" -name '*.md' -exec sed -i -E 's#\]\(((\.\./)*)README\.md#](\1index.md#g' {} +
"$tools/bin/mdbook" build docs/book
