# Any operation: JSON as it is, in a file, on standard input; unknown members of an answer are kept; requests are checked.
try() {
    echo "\$ fhirstage $*"
    python3 "$TESTS/lib/canned.py" answers log "$FHIRSTAGE" "$@" 2>&1
    echo "exit $?"
    sed 's/^/> /' log
}
cat >answers <<'END'
{"op":"ListFHIRImportJobs","body":{"ImportJobPropertiesList":[],"NextToken":"t","New":[1.50,{}]}}
{"op":"TagResource","body":{}}
{"op":"GetDataTransformationProfile","status":400,"body":{"__type":"ValidationException","Message":"not here"}}
END
echo '{"DatastoreId":"d","SubmittedAfter":"2001-09-09T01:46:40Z"}' >request.json
try api ListFHIRImportJobs '{ "DatastoreId": "d", "SubmittedBefore": 1000000000 }'
try api ListFHIRImportJobs @request.json
try api ListFHIRImportJobs - <request.json
try api ListFHIRImportJobs
try api ListFHIRImportJobs --no-check
try api ListFHIRImportJobs '{"DatastoreId":"d"'
try api ListFHIRImportJobs @nowhere.json
try api GetDataTransformationProfile '{"ProfileId":"0123456789abcdef0123456789abcdef"}'
try api DescribeFHIRDatastore '{"DatastoreId":"d"}'
try api listfhirimportjobs
try api Nothing
try api
