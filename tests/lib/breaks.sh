# breaks.sh — for a test to source, in a scratch folder, with FHIRSTAGE, INPUT (what is run) and TO (s3://BUCKET/PREFIX):
# break `run` in every way, then see that the next run makes all right: every object as a prepared folder has it and none
# more, one import job (or one for each input/job-…), no multipart upload and no lock left.
# RUN_OPTIONS are the run's; SEED begins the random numbers.
bucket=$(echo "$TO" | cut -d / -f 3) prefix=$(echo "$TO" | cut -d / -f 4-)

random() { # random N: sets $drawn to 0 … N-1
    SEED=$(((SEED * 1103515245 + 12345) % 2147483648))
    drawn=$((SEED / 256 % $1))
}
now_ms() { date +%s%3N; }

service_fault=
serve_again() { # on the same state, with the fault given
    rm -f started
    "$FHIRSTAGE" serve --listen 127.0.0.1:0 --dir state $service_fault >started 2>serve.log &
    service=$!
    waited=0
    until [ -s started ] || [ $waited = 300 ]; do
        sleep 0.1
        waited=$((waited + 1))
    done
    AWS_ENDPOINT_URL=$(jq -r .endpoint started)
    [ -n "$AWS_ENDPOINT_URL" ] || { cat serve.log; exit 1; }
    AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local-secret AWS_REGION=us-east-1
    export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION
}
stop_serving() { # stop_serving SIGNAL
    kill "-$1" "$service" 2>/dev/null
    wait "$service" 2>/dev/null
}
ask() { # ask PATH CURL-ARGUMENTS…
    path=$1
    shift
    curl -s --aws-sigv4 aws:amz:us-east-1:s3 --user local:local-secret "$@" "$AWS_ENDPOINT_URL/$bucket$path"
}

# A service without anything but a bucket and a data store.
fresh_service() { # fresh_service [--fault …]
    [ -n "${service:-}" ] && stop_serving KILL
    rm -rf state out
    service_fault=
    serve_again
    ask "" -X PUT
    datastore=$("$FHIRSTAGE" datastore create --datastore-type-version R4 --json | jq -r .DatastoreId)
    "$FHIRSTAGE" datastore wait --datastore-id "$datastore" >/dev/null 2>&1
    if [ $# -gt 0 ]; then
        stop_serving TERM
        service_fault="$*"
        serve_again
    fi
}
begin_run() {
    # shellcheck disable=SC2086
    "$FHIRSTAGE" -q run "$INPUT" --to "$TO" --datastore "$datastore" --role arn:aws:iam::000000000000:role/import \
        --kms-key arn:aws:kms:us-east-1:000000000000:key/k --out out ${RUN_OPTIONS:-} >run.log 2>&1
}
start_run() { # in the background: $run is it
    # shellcheck disable=SC2086
    "$FHIRSTAGE" -q run "$INPUT" --to "$TO" --datastore "$datastore" --role arn:aws:iam::000000000000:role/import \
        --kms-key arn:aws:kms:us-east-1:000000000000:key/k --out out ${RUN_OPTIONS:-} >broken.log 2>&1 &
    run=$!
}
break_run() { # break_run MS: kill it after that time
    start_run
    sleep "$(echo "$1" | awk '{printf "%.3f", $1 / 1000}')"
    kill -9 "$run" 2>/dev/null
    wait "$run" 2>/dev/null
}

failures=0
wrong() {
    failures=$((failures + 1))
    echo "WRONG ($what): $*"
}
list_keys() { # under the prefix, decoded; pages are followed
    token=
    while :; do
        ask "?${token:+continuation-token=$token&}list-type=2&prefix=$prefix%2F$1" >page
        tr '>' '\n' <page | sed -n 's:^\(.*\)</Key$:\1:p' | sed "s:^$prefix/::"
        token=$(tr '>' '\n' <page | sed -n 's:^\(.*\)</NextContinuationToken$:\1:p')
        [ -n "$token" ] || break
    done
}
check_all() { # after a run that ended well; `reference` is the prepared folder
    list_keys input | sort >keys
    (cd reference && find input -type f | sort) | diff - keys >differs || wrong "objects: $(head -n 3 differs)"
    while read -r key; do
        ask "/$prefix/$key" | cmp -s - "reference/$key" || wrong "$key has other bytes"
    done <keys
    ask "/$prefix/meta/manifest.json" | cmp -s - reference/meta/manifest.json || wrong "the manifest differs"
    ask "?uploads=" | grep -q '<Upload>' && wrong "a multipart upload is left"
    list_keys meta | grep -q lock && wrong "the lock is left"
    "$FHIRSTAGE" import list --datastore-id "$datastore" --json >jobs 2>/dev/null || wrong "jobs cannot be listed"
    jq -r '.ImportJobPropertiesList[] | select(.JobStatus != "FAILED") | .InputDataConfig.S3Uri' jobs | sed "s:.*/$prefix/::" | sort >imported
    sed -n 's:.*"key"\:"\(input/job-[0-9]*/\).*:\1:p; s:.*"key"\:"\(input/\)[A-Z].*:\1:p' reference/meta/manifest.json | sort -u | cmp -s - imported ||
        wrong "jobs: $(jq -c '[.ImportJobPropertiesList[] | [.JobStatus, .InputDataConfig.S3Uri]]' jobs)"
}
finish_run() { # finish_run TRIES: until it ends well, at most so often
    tries=0
    until begin_run; do
        tries=$((tries + 1))
        [ "$tries" -ge "$1" ] && { wrong "exit after $tries tries: $(tail -n 2 run.log)"; return; }
    done
    check_all
}
make_reference() {
    # shellcheck disable=SC2086
    "$FHIRSTAGE" -q prepare "$INPUT" --out reference ${RUN_OPTIONS:-} >/dev/null 2>prepare.log
}
