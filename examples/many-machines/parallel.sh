#!/bin/bash
# Depth of a folder on one machine with GNU parallel: N processes at a time, each with its part, told by the pictures'
# paths. Processes that were stopped go on where they were: run it again.
#   parallel.sh PHOTOS DEPTH N
set -euo pipefail
seq "$3" | parallel --jobs "$3" depthwise "$1" -o "$2" --png16 --skip-existing --shard "{}/$3"
