#!/bin/sh
# Requests that no client means well with: the service answers, or breaks them off, keeps nothing of them, and lives on.
. tests/lib/service.sh
fail() { echo "$*"; exit 1; }
dir=$(mktemp -d)
start_service "$dir/lake"
trap 'kill "$service" 2>/dev/null; wait "$service" 2>/dev/null; umount "$dir/full" 2>/dev/null; rm -rf "$dir"' EXIT
url=$AWS_ENDPOINT_URL host=${AWS_ENDPOINT_URL#http://}
port=${host#*:}
s3() { signed s3 "$@"; }
answers() { # answers STATUS CODE CURL-ARGUMENTS...
    status=$1 code=$2
    shift 2
    got=$(s3 -o "$dir/answer" -w '%{http_code}' "$@")
    [ "$got" = "$status" ] || fail "$*: $got, not $status: $(cat "$dir/answer")"
    [ -z "$code" ] || grep -q "<Code>$code</Code>" "$dir/answer" || fail "$*: $(cat "$dir/answer")"
}
sends() { # the same with what curl does not sign as it stands: sends STATUS CODE SIGV4-ARGUMENTS...
    status=$1 code=$2
    shift 2
    python3 tests/lib/sigv4.py s3 "$@" -o "$dir/answer" 2>"$dir/headers"
    [ "$(tail -n 1 "$dir/headers")" = "status $status" ] && grep -q "<Code>$code</Code>" "$dir/answer" || fail "$*: $(tail -n 1 "$dir/headers"), $(cat "$dir/answer")"
}
raw() { # raw SECONDS: bytes as they stand, and what comes back
    python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
s.sendall(sys.stdin.buffer.read())
s.settimeout(float(sys.argv[2]))
try:
    while True:
        got = s.recv(65536)
        if not got: break
        sys.stdout.buffer.write(got)
except OSError: pass' "$port" "$1"
}

# loopback alone
grep -i ":$(printf %04X "$port") " /proc/net/tcp /proc/net/tcp6 | grep ' 0A ' | grep -qv ' 0100007F:' && fail "listens beyond loopback"

answers 200 '' -X PUT "$url/hostile"
answers 400 InvalidBucketName -X PUT "$url/UPPER"
sends 400 InvalidBucketName "$url/.." -X PUT
sends 404 NoSuchBucket "$url/../../etc/passwd"
sends 400 InvalidURI "$url/hostile/%FF%FE" -X PUT -d x
sends 400 InvalidURI "$url/hostile/nul%00byte" -X PUT -d x
answers 405 MethodNotAllowed -X PATCH "$url/hostile/x"
answers 501 NotImplemented "$url/hostile?policy="
answers 501 NotImplemented -X PUT --data x "$url/hostile/x?retention="

# documents: cut off, not XML, with entities that grow, with nothing in them, too many
for document in '<Delete><Object><Key>x</Key>' 'nonsense' '' '<Delete></Delete>' \
    '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><Delete><Object><Key>&b;</Key></Object></Delete>'; do
    answers 400 MalformedXML -X POST --data-binary "$document" "$url/hostile?delete="
done
awk 'BEGIN { printf "<Delete>"; for (i = 0; i < 1001; i++) printf "<Object><Key>%d</Key></Object>", i; print "</Delete>" }' >"$dir/many"
answers 400 MalformedXML -X POST --data-binary "@$dir/many" "$url/hostile?delete="
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "<a>" }' >"$dir/deep"
answers 400 MalformedXML -X POST --data-binary "@$dir/deep" "$url/hostile?delete="
head -c 9000000 /dev/zero >"$dir/large"
answers 400 EntityTooLarge -X POST --data-binary "@$dir/large" "$url/hostile?delete="

# who it is
sends 403 RequestTimeTooSkewed "$url/hostile" --skew -1000
sends 403 RequestTimeTooSkewed "$url/hostile" --skew 1000
[ "$(curl -s -o "$dir/answer" -w '%{http_code}' "$url/hostile/x")" = 403 ] || fail "nobody may read"
[ "$(curl -s -o "$dir/answer" -w '%{http_code}' -T "$dir/large" "$url/hostile/x")" = 403 ] || fail "nobody may write"
[ "$(curl -s -o "$dir/answer" -w '%{http_code}' -H 'Authorization: AWS4-HMAC-SHA256 nonsense' "$url/hostile/x")" = 400 ] || fail "nonsense"
answers 403 SignatureDoesNotMatch --user local:wrong -X PUT --data-binary "@$dir/large" "$url/hostile/x"
answers 400 XAmzContentSHA256Mismatch -X PUT -H "x-amz-content-sha256: $(printf other | sha256sum | cut -c1-64)" --data body "$url/hostile/x"
answers 404 NoSuchKey "$url/hostile/x"

# not HTTP, headers without an end, a body that is not all there
printf '\000\001\002 nonsense\r\n\r\n' | raw 1 >/dev/null
{ printf 'GET / HTTP/1.1\r\nHost: x\r\n'; head -c 2000000 /dev/zero | tr '\0' 'a'; } | raw 1 >/dev/null 2>&1
printf 'PUT /hostile/half HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nhalf' | raw 1 >/dev/null
answers 404 NoSuchKey "$url/hostile/half"
[ -z "$(ls "$dir/lake/partial")" ] || fail "left behind: $(ls "$dir/lake/partial")"

# of writers on the condition that nothing is there, one wins
i=0
while [ $i -lt 8 ]; do
    s3 -o /dev/null -w '%{http_code}\n' -X PUT -H 'If-None-Match: *' --data "writer $i" "$url/hostile/race" >"$dir/race.$i" &
    i=$((i + 1))
    writers="$writers $!"
done
wait $writers
[ "$(cat "$dir"/race.* | sort | uniq -c | tr -s ' \n' ' ')" = " 1 200 7 412 " ] || fail "race: $(cat "$dir"/race.*)"

# killed in the middle of an upload: afterwards the object is whole or not there, and nothing is left of the half
s3 --limit-rate 1M -o /dev/null -X PUT --data-binary "@$dir/large" "$url/hostile/killed" &
writer=$!
sleep 1
kill -9 "$service"
wait "$service" "$writer" 2>/dev/null
start_service "$dir/lake"
url=$AWS_ENDPOINT_URL
answers 404 NoSuchKey "$url/hostile/killed"
answers 200 '' "$url/hostile/race"
[ -z "$(ls "$dir/lake/partial")" ] || fail "left behind by the killed one"
kill "$service"
wait "$service" || fail "the service ended with $?"

# a full disk: the object is refused, what is there can be read, and with room again it goes on
mkdir "$dir/full"
mount -t tmpfs -o size=6m none "$dir/full" 2>/dev/null || exit 0
start_service "$dir/full/lake"
url=$AWS_ENDPOINT_URL
answers 200 '' -X PUT "$url/full"
answers 200 '' -X PUT --data small "$url/full/small"
answers 507 InsufficientStorage -X PUT --data-binary "@$dir/large" "$url/full/large"
[ "$(s3 "$url/full/small")" = small ] || fail "what was there is not readable"
answers 200 '' -X PUT --data again "$url/full/again"
[ -z "$(ls "$dir/full/lake/partial")" ] || fail "left behind on the full disk"
kill "$service"
wait "$service" || fail "the service ended with $?"
