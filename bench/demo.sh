#!/bin/sh
# `make demo`: Sluice beside the usual tools, on this machine, in about a minute.
exec python3 "$(dirname "$0")/demo.py" "$@"
