#!/bin/sh
# faults.sh INPUT [OPTION...]: every operation that a run uses fails in every way, now and then; the run, or the one after
# it, makes all right. Then a full disk, and a service that is slow and refuses a fifth of all.
INPUT=$1
shift
RUN_OPTIONS=$* TO=s3://faults/prefix
. "$(dirname "$0")/breaks.sh"
scratch=$(mktemp -d)
trap 'stop_serving KILL; cd /; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
make_reference
clean_service() { # what the check asks is answered
    stop_serving TERM
    service_fault=
    serve_again
}
for operation in PutObject CreateMultipartUpload UploadPart CompleteMultipartUpload ListObjectsV2 ListMultipartUploads \
    GetObject DeleteObject StartFHIRImportJob DescribeFHIRImportJob ListFHIRImportJobs DescribeFHIRDatastore; do
    for kind in ${FAULT_KINDS:-drop drop-request error slowdown}; do
        [ "$operation-$kind" = DescribeFHIRDatastore-drop ] && continue
        what="$kind at $operation"
        fresh_service --fault "$kind,op=$operation,count=2"
        tries=0
        until begin_run; do
            tries=$((tries + 1))
            [ $tries -lt 3 ] || { wrong "after 3 tries: $(tail -n 2 run.log)"; break; }
        done
        clean_service
        check_all
    done
done
what="a fifth refused, 20 ms late"
fresh_service --fault slowdown,rate=0.2 --fault latency=20ms
tries=0
until begin_run; do
    tries=$((tries + 1))
    [ $tries -lt 3 ] || { wrong "after 3 tries: $(tail -n 2 run.log)"; break; }
done
clean_service
check_all
what="a full disk"
fresh_service
if unshare -rm true 2>/dev/null; then
    mkdir small
    # what is not a chunk does not fit, so that the run fails at some point
    unshare -rm sh -c 'mount -t tmpfs -o size=8k tmpfs small && "$0" -q run "$@" --out small/out' "$FHIRSTAGE" "$INPUT" --to "$TO" \
        --datastore "$datastore" --role arn:aws:iam::000000000000:role/import --kms-key arn:aws:kms:us-east-1:000000000000:key/k \
        $RUN_OPTIONS >run.log 2>&1 && wrong "a full disk was not noticed"
    grep -q 'No space left' run.log || wrong "a full disk: $(head -n 2 run.log)"
    finish_run 1
fi
echo "$failures wrong"
[ "$failures" = 0 ]
