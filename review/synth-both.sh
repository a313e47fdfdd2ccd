#!/bin/sh
# Synthesizes the program before and after a change: synth-both.sh BASE OUT writes OUT/before and OUT/after.
# BASE is what the pull request goes to; the checkout is the change. Runs the pull request's code, so give it no secrets.
set -eu
base=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
root=$(git rev-parse --show-toplevel)
scratch=$(mktemp -d)
trap 'git -C "$root" worktree remove --force "$scratch/base" 2>/dev/null || true; rm -rf "$scratch"' EXIT

git -C "$root" worktree add --quiet --detach "$scratch/base" "$base"
# Workspaces are linked by relative paths, so the packages of the checkout can't be shared by a link to the whole folder
# unless the base has the same ones: then its sources are what differs, and they are not below node_modules.
if cmp -s "$root/package-lock.json" "$scratch/base/package-lock.json"; then
  ln -s "$root/node_modules" "$scratch/base/node_modules"
else
  (cd "$scratch/base" && npm ci --ignore-scripts --no-audit --no-fund && npm run build --workspace provider --if-present)
fi

synth() {
  (cd "$1" && CI=1 CHECKPOINT_DISABLE=1 node "$root/node_modules/cdktf-cli/bundle/bin/cdktf.js" synth --output "$2")
}
synth "$scratch/base" "$out/before"
synth "$root" "$out/after"
