# service.sh — for a test to source: start_service DIR [OPTION...] starts the local service on a free port and points the AWS
# variables at it; stop_service ends it. It is ended with the test in any case.
start_service() {
    rm -f "$1.started"
    lake=$1
    shift
    rm -f "$lake.started"
    "$FHIRSTAGE" serve --listen 127.0.0.1:0 --dir "$lake" "$@" >"$lake.started" 2>"$lake.log" &
    service=$!
    trap 'kill "$service" 2>/dev/null' EXIT
    looks=0
    until [ -s "$lake.started" ]; do
        looks=$((looks + 1))
        [ $looks -lt 600 ] && kill -0 "$service" 2>/dev/null || { echo "the service did not start: $(cat "$lake.log")"; exit 1; }
        sleep 0.1
    done
    AWS_ENDPOINT_URL=$(jq -r .endpoint "$lake.started")
    AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local-secret AWS_REGION=us-east-1
    export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION
}
stop_service() {
    kill "$service"
    wait "$service" 2>/dev/null
    trap - EXIT
}
# signed SERVICE CURL-ARGUMENTS...: a signed request to the service.
signed() {
    signing=$1
    shift
    curl -s --aws-sigv4 "aws:amz:us-east-1:$signing" --user local:local-secret "$@"
}
