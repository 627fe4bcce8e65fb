#!/bin/sh
# kill.sh INPUT ROUNDS KILLS [OPTION...]: in each round a fresh service, so many kills -9 of the run at random points of
# its time, one kill of the service, then a run that must make all right.
INPUT=$1 rounds=$2 kills=$3
shift 3
RUN_OPTIONS=$* TO=s3://kills/prefix SEED=${SEED:-$(date +%s)}
. "$(dirname "$0")/breaks.sh"
scratch=$(mktemp -d)
trap 'stop_serving KILL; cd /; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
echo "seed $SEED"
make_reference
fresh_service
from=$(now_ms)
what="unbroken"
finish_run 1
whole=$(($(now_ms) - from))
echo "a run takes $whole ms"
round=0 done=0
while [ "$round" -lt "$rounds" ]; do
    fresh_service
    kill=0 times=
    while [ "$kill" -lt "$kills" ]; do
        random "$whole"
        times="$times $drawn"
        break_run "$drawn"
        kill=$((kill + 1)) done=$((done + 1))
        if [ "$kill" = 1 ] && [ $((round % 3)) = 2 ]; then # the service too
            start_run
            random "$whole"
            sleep "$(echo "$drawn" | awk '{printf "%.3f", $1 / 1000}')"
            stop_serving KILL
            kill "$run" 2>/dev/null
            wait "$run" 2>/dev/null
            serve_again
            times="$times service"
        fi
    done
    what="round $round, kills at$times ms"
    finish_run 1
    round=$((round + 1))
done
echo "$done kills, $failures wrong"
[ "$failures" = 0 ]
