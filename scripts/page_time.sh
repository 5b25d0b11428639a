#!/bin/sh
# Prints after how many milliseconds a page of a report stands in Chromium: from the start of its loading until the last of its
# figures is painted, in a window so high that all of them can be seen, and in one of a screen's size. Takes the path of the page.
set -eu
page=$(realpath "$1")
chromium=$("$(dirname "$0")/chromium.sh")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The page with a script that tells, when so many figures as there are to draw have been painted.
# shellcheck disable=SC2016
script='<script>(() => {
  const root = document.documentElement, height = innerHeight + 300;
  const near = () => [...document.querySelectorAll(".figures section")].filter((one) => one.getBoundingClientRect().top < height);
  const look = () => near().every((one) => one.dataset.drawn) && root.dataset.ready
    ? requestAnimationFrame(() => setTimeout(() => console.log("painted " + near().length + " figures after " + Math.round(performance.now()) + " ms")))
    : setTimeout(look, 5);
  look();
})();</script></body>'
SCRIPT=$script awk '/^<\/body>$/ { print ENVIRON["SCRIPT"]; next } { print }' "$page" >"$work/page.html"

for size in 1200,12000 1200,900; do
    for run in 1 2 3; do
        : >"$work/log"
        "$chromium" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking \
            --enable-logging=stderr --window-size=$size --user-data-dir="$work/profile$run" --remote-debugging-port=0 \
            "file://$work/page.html#all" 2>"$work/log" &
        browser=$!
        waited=0
        until grep -q 'painted [0-9]* figures' "$work/log" || [ $waited -gt 300 ]; do
            sleep 0.1
            waited=$((waited + 1))
        done
        kill "$browser" 2>/dev/null || true
        wait "$browser" 2>/dev/null || true
        printf '%s: %s\n' "$size" "$(grep -o 'painted [0-9]* figures after [0-9]* ms' "$work/log" || echo 'nothing was painted')"
    done
done
