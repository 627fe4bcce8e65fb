# s3-server.sh — for a test to source, once a third-party S3 server runs at $AWS_ENDPOINT_URL with the key pair in the
# environment: upload, keep, resume, verify, list, multipart, awkward keys, wrong secret, each checksum in each mode.
# Messages name what went wrong; s3_suite returns 1 then.
failures=0
wrong() {
    failures=$((failures + 1))
    echo "WRONG: $*"
}
s3() { # s3 PATH CURL-ARGUMENTS…
    path=$1
    shift
    curl -s -k --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
        -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" "$@" "$AWS_ENDPOINT_URL/$path"
}
upload() { # upload DIR PREFIX OPTION…: prints FilesSent and FilesKept
    "$FHIRSTAGE" -q upload "$@" --json >result 2>errors || { wrong "upload $*: $(cat errors)"; return; }
    jq -c '[.FilesSent, .FilesKept]' result
}
same() { # same NAME GOT WANTED
    [ "$2" = "$3" ] || wrong "$1: $2, not $3"
}
make_input() {
    mkdir input
    cp "$TESTS"/../samples/synthea/*.json input
    # one type in more than one part: 20 MB
    awk 'BEGIN { s = sprintf("%900s", ""); gsub(/ /, "x", s)
        for (i = 0; i < 20000; i++) printf "{\"resourceType\":\"Organization\",\"id\":\"b%d\",\"name\":\"%s\"}\n", i, s }' >input/large.ndjson
    "$FHIRSTAGE" -q prepare input --level minimal --out staged >/dev/null 2>prepare.log || cat prepare.log
}
check_modes() {
    n=0
    for sum in crc32 crc32c crc64nvme none; do
        for mode in header trailer; do
            for signing in sign unsigned; do
                [ "$sum-$mode" = none-trailer ] && continue
                n=$((n + 1))
                upload staged "s3://bucket/mode-$n" --checksum $sum --checksum-mode $mode --payload-signing $signing --verify >/dev/null
                [ $sum = none ] && continue # then it hangs on the service's ETags what can be kept
                same "kept after $sum $mode $signing" "$(upload staged "s3://bucket/mode-$n" --checksum $sum | jq '.[0]')" 0
            done
        done
    done
}
# What another client began: a part of ours, which is taken up or replaced, but not left.
check_multipart() {
    big=input/Organization/Organization-000001.ndjson
    id=$(s3 "bucket/begun/$big?uploads=" -X POST -H 'x-amz-checksum-algorithm: CRC32' -H 'x-amz-checksum-type: FULL_OBJECT' |
        tr '<' '\n' | sed -n 's:^UploadId>::p')
    [ -n "$id" ] || wrong "no multipart upload could be begun"
    head -c 8388608 "staged/$big" >part
    s3 "bucket/begun/$big?partNumber=1&uploadId=$id" -T part
    upload staged s3://bucket/begun --verify >/dev/null
    s3 "bucket/begun/$big" | cmp - "staged/$big" || wrong "the object in parts has other bytes"
    s3 "bucket?uploads=" | grep -q '<Upload>' && wrong "a multipart upload is left"
}
check_many() {
    "$FHIRSTAGE" -q prepare "$TESTS/../samples/synthea" --level minimal --chunk-size 2KiB --out many >/dev/null 2>prepare.log
    same "many" "$(upload many s3://bucket/many --verify | jq '.[0] > 1000')" true
    same "many, listed in pages" "$(upload many s3://bucket/many | jq '.[0]')" 0
}
# What lies in the bucket as INPUT: the same resources come of it as of the files.
check_input() {
    upload staged "s3://bucket/read me/é=1" >/dev/null
    "$FHIRSTAGE" -q prepare "s3://bucket/read me/é=1/input" --level minimal --out from-bucket >/dev/null 2>errors || wrong "prepare from the bucket: $(cat errors)"
    "$FHIRSTAGE" -q prepare staged/input --level minimal --out from-files >/dev/null 2>errors || wrong "prepare from files: $(cat errors)"
    diff -r from-files/input from-bucket/input >/dev/null || wrong "what is prepared from the bucket differs"
    "$FHIRSTAGE" -q figures "s3://bucket/read me/é=1/input/Patient/none.ndjson" >/dev/null 2>errors && wrong "an object that is not there was read"
    grep -q 'no object of that name' errors || wrong "an object that is not there: $(cat errors)"
}
s3_suite() { # s3_suite full|brief
    make_input
    files=$(($(find staged/input -type f | wc -l) + $(find staged/meta -type f | wc -l)))
    same "first upload" "$(upload staged s3://bucket/one --create-bucket --verify)" "[$files,0]"
    same "second upload" "$(upload staged s3://bucket/one)" "[0,$files]"
    s3 bucket/one/input/Patient/Patient-000001.ndjson -X DELETE
    head -c "$(wc -c <staged/input/Encounter/Encounter-000001.ndjson)" /dev/zero >zeros
    s3 bucket/one/input/Encounter/Encounter-000001.ndjson -T zeros
    same "one missing, one with other bytes" "$(upload staged s3://bucket/one --verify)" "[3,$((files - 3))]"
    same "straight to S3, kept" "$("$FHIRSTAGE" -q prepare input --level minimal --out s3://bucket/one --json 2>errors | jq .TotalNumberOfImportedFiles)" \
        "$(find staged/input -type f | wc -l)"
    [ "$1" = brief ] || check_many
    upload staged 's3://bucket/dt=2026-11/a b+c/é&ü' --verify >/dev/null
    same "awkward keys" "$(upload staged 's3://bucket/dt=2026-11/a b+c/é&ü' | jq '.[0]')" 0
    check_modes
    check_multipart
    check_input
    AWS_SECRET_ACCESS_KEY=wrong "$FHIRSTAGE" -q upload staged s3://bucket/one >/dev/null 2>errors && wrong "a wrong secret was taken"
    grep -q 'SignatureDoesNotMatch\|AccessDenied' errors || wrong "a wrong secret: $(cat errors)"
    [ "$failures" = 0 ]
}
