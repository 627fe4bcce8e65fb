# Several import jobs, the run killed at random points, and once behind each of its starts: no job is started twice.
here=$(cd "$(dirname "$0")/.." && pwd)
export FHIRSTAGE="${FHIRSTAGE:-$here/../build/fhirstage}"
out=$(sh "$here/lib/kill.sh" "$here/../samples/synthea" 2 3 --max-job-bytes 1MB 2>&1) || { echo "$out"; exit 1; }

INPUT=$here/../samples/synthea TO=s3://jobs/prefix RUN_OPTIONS="--max-job-files 5"
. "$here/lib/breaks.sh"
scratch=$(mktemp -d)
trap 'stop_serving KILL; cd /; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export AWS_MAX_ATTEMPTS=1 # else a full queue is sat out with the request
make_reference
fresh_service --quota queued-imports=1 --job-delay 1s # so that starts are a second apart
wanted=$(find reference/input -name 'job-*' | wc -l)
started=0
while [ "$started" -lt $((wanted - 1)) ]; do
    start_run
    looks=0
    until [ "$("$FHIRSTAGE" import list --datastore-id "$datastore" --json | jq '.ImportJobPropertiesList | length')" -gt "$started" ]; do
        looks=$((looks + 1))
        [ $looks -lt 300 ] || { echo "no start"; cat broken.log; exit 1; }
        sleep 0.1
    done
    started=$((started + 1))
    kill -9 "$run"
    wait "$run" 2>/dev/null
done
what="killed behind each of $wanted starts"
finish_run 1
[ "$failures" = 0 ]
