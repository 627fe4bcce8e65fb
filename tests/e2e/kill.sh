# The run killed at random points, and its service, on the samples: the next run makes all right. `make kill` does more.
here=$(cd "$(dirname "$0")/.." && pwd)
export FHIRSTAGE="${FHIRSTAGE:-$here/../build/fhirstage}"
out=$(sh "$here/lib/kill.sh" "$here/../samples/synthea" 3 2 --chunk-size 1MiB 2>&1) || { echo "$out"; exit 1; }
