# Tags by option and as arguments; a list sorted by key.
try() {
    echo "\$ fhirstage $*"
    python3 "$TESTS/lib/canned.py" answers log "$FHIRSTAGE" "$@" 2>&1
    echo "exit $?"
    sed 's/^/> /' log
}
cat >answers <<'END'
{"op":"ListTagsForResource","body":{"Tags":[{"Key":"team","Value":"genomics"},{"Key":"a","Value":""}]}}
{"op":"TagResource","body":{}}
{"op":"UntagResource","body":{}}
END
arn=arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef
try tags list --resource-arn $arn
try tags list --resource-arn $arn --json
try tags add --resource-arn $arn --tags Key=a,Value=b Key=c,Value=d
try tags add --resource-arn $arn '[{"Key":"a","Value":"b"}]'
try tags add --resource-arn $arn
try tags remove --resource-arn $arn a b
try tags remove --resource-arn $arn --tag-keys a --tag-keys b
try tags list --resource-arn arn:aws:s3:::b
