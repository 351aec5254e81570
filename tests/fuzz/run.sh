#!/bin/bash
# Runs each libFuzzer program of a build for $FUZZ_SECONDS, beginning with the corpus of the repository.
# Usage: run.sh BUILD
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$build/found"
for source in "$here"/*.cpp; do
  name=$(basename "$source" .cpp)
  # New inputs go to the first folder, so that the repository's stays small.
  mkdir -p "$build/corpus/$name"
  echo "fuzz $name, ${FUZZ_SECONDS:-20} s"
  "$build/fuzz/$name" -max_total_time="${FUZZ_SECONDS:-20}" -max_len=2048 -verbosity=0 -print_final_stats=1 \
    -artifact_prefix="$build/found/$name-" "$build/corpus/$name" "$here/corpus/$name"
done
