# A gzipped file that breaks off among others: the rest is done, the file is named, and the exit code is 1.
mkdir in
echo '{"resourceType":"Patient","id":"a"}' >in/a.ndjson
yes '{"resourceType":"Patient"}' | head -n 1000 | gzip | head -c 60 >in/b.ndjson.gz
"$FHIRSTAGE" -q prepare in --out out --json 2>error | jq -c .Sources.Unreadable
"$FHIRSTAGE" -q validate in >/dev/null 2>error2
echo "exit $?"
cat error2
