# A gzipped file that breaks off among others: the rest is done, the file is named, and the exit code is 1.
mkdir in
echo '{"resourceType":"Patient","id":"a"}' >in/a.ndjson
yes '{"resourceType":"Patient"}' | head -n 1000 | gzip | head -c 60 >in/b.ndjson.gz
"$FHIRSTAGE" prepare in --out out --json 2>&1 >figures | cat
jq -c .Sources.Unreadable figures
"$FHIRSTAGE" -q validate in 2>&1 >/dev/null
echo "exit $?"
