#!/bin/sh
# s5cmd copies 1,000 objects to the local service and back: the same bytes under the same names.
. tests/lib/service.sh
. tests/lib/clients.sh
s5cmd=$(client s5cmd/bin/s5cmd) || skip "no s5cmd"
fail() { echo "$*"; exit 1; }
dir=$(mktemp -d)
start_service "$dir/lake"
trap 'kill "$service"; wait "$service" 2>/dev/null; rm -rf "$dir"' EXIT
export S3_ENDPOINT_URL="$AWS_ENDPOINT_URL" AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null

mkdir -p "$dir/there/a b" "$dir/there/päth+&=?"
i=0
while [ $i -lt 996 ]; do
    echo "object $i" >"$dir/there/a b/$i.json"
    i=$((i + 1))
done
: >"$dir/there/empty"
head -c 300000 /dev/urandom >"$dir/there/päth+&=?/300k"
head -c 12000000 /dev/urandom >"$dir/there/12m" # in parts
head -c 5242880 /dev/urandom >"$dir/there/5MiB"

s5() { # s5 COMMAND...: what went wrong is its first lines
    "$s5cmd" --retry-count 1 "$@" >"$dir/out" 2>&1 || fail "$1: $(grep ERROR "$dir/out" | head -n 3)"
}
s5 mb s3://many
s5 cp --part-size 5 "$dir/there/*" s3://many/in/
s5 ls 's3://many/*'
[ "$(wc -l <"$dir/out")" = 1000 ] || fail "ls: $(wc -l <"$dir/out")"
s5 cp --part-size 5 's3://many/in/*' "$dir/back/"
diff -r "$dir/there" "$dir/back" || fail "what came back differs"
s5 cp "s3://many/in/*" s3://many/copy/
s5 cp "s3://many/copy/*" "$dir/copy/"
diff -r "$dir/there" "$dir/copy" || fail "what came back of the copies differs"
s5 rm "s3://many/*"
s5 ls s3://many
[ ! -s "$dir/out" ] || fail "still there: $(head -n 3 "$dir/out")"
exit 0
