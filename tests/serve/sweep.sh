#!/bin/sh
# What a killed service left of objects that nobody knows goes at the next start; what is known stays.
. tests/lib/service.sh
fail() { echo "$*"; exit 1; }
dir=$(mktemp -d)
start_service "$dir/lake"
trap 'kill "$service" 2>/dev/null; wait "$service" 2>/dev/null; rm -rf "$dir"' EXIT
known() { signed s3 "$AWS_ENDPOINT_URL/bucket/k"; }
files() { find "$dir/lake/objects" -type f | wc -l; }
signed s3 -X PUT "$AWS_ENDPOINT_URL/bucket"
printf there >"$dir/k"
signed s3 -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" -T "$dir/k" "$AWS_ENDPOINT_URL/bucket/k"
orphan() { mkdir -p "$dir/lake/objects/ab" && echo x >"$dir/lake/objects/ab/ab000000000000000000000000000000"; }

stop_service
orphan
start_service "$dir/lake"
[ "$(files)" = 2 ] || fail "a service that ended as it should was swept after"
kill -9 "$service"
wait "$service" 2>/dev/null
start_service "$dir/lake"
trap 'kill "$service" 2>/dev/null; wait "$service" 2>/dev/null; rm -rf "$dir"' EXIT
[ "$(files)" = 1 ] || fail "$(files) files after a kill"
[ "$(known)" = there ] || fail "the object went: $(known)"
