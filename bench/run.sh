#!/bin/sh
# `make bench`: everything but the network; `run.sh tools [option]...` (`make bench-tools`): only the tools,
# with these options of tools/tool_bench.py, or, without any, what it leaves out as well; `run.sh net [option]...`
# (`make bench-net`): only the network, with those of net/net_bench.py, and `run.sh net-full` (`make
# bench-net-full`): the sweeps after it, of $SWEEP_ROUNDS rounds.
# Results go to bench/results/<time>/ or $INTO, see the page there; a summary goes to stdout.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${SLUICE_BUILD:-$root/build/release}
parts=${1:-all}
[ $# -eq 0 ] || shift
results=${INTO:-$root/bench/results/$(date +%Y-%m-%dT%H-%M-%S)}
mkdir -p "$results"

PYTHONPATH=$root/bench PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
python3 - "$results/machine.json" <<'END'
import json, pathlib, sys
from common import describe, machine
m = machine()
pathlib.Path(sys.argv[1]).write_text(json.dumps(m, indent=1) + "\n")
print(describe(m))
END
"$build/sluice" --backend-report

if [ "$parts" = net ] || [ "$parts" = net-full ]; then
    python3 "$root/bench/net/net_bench.py" --build "$build" --json "$results/net.json" \
        --markdown "$results/net.md" "$@"
    if [ "$parts" = net-full ]; then
        printf '\n== models and ways, compared\n'
        python3 "$root/bench/net/sweeps.py" --build "$build" --into "$results" \
            --rounds "${SWEEP_ROUNDS:-5}"
    fi
    printf '\nAll of it: %s\n' "$results"
    exit
fi
if [ "$parts" = all ]; then
    printf '\n== micro\n'
    "$build/micro_bench" --benchmark_min_time=0.5 --benchmark_repetitions=5 \
        --benchmark_enable_random_interleaving=true --benchmark_report_aggregates_only=true \
        --benchmark_out="$results/micro.json" --benchmark_out_format=json 2>/dev/null |
        grep -E '^(Benchmark|.*_median)' || true
    printf '\n== random reads\n'
    python3 "$root/bench/fio_compare.py" --build "$build" --json "$results/fio.json" 2>/dev/null
fi
failed=0
if [ $# -eq 0 ]; then
    printf '\n== starts\n'
    python3 "$root/bench/tools/start_bench.py" --build "$build" --json "$results/starts.json" || failed=1
    printf '\n== user-mode-linux\n'
    python3 "$root/bench/tools/uml_bench.py" --build "$build" --core 0 --json "$results/uml.json" || failed=1
fi
printf '\n== tools\n'
python3 "$root/bench/tools/tool_bench.py" --build "$build" \
    --into "$results" "$@" || failed=1
printf '\nAll of it: %s\n' "$results"
exit $failed
