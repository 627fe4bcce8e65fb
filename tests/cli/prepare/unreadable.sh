# A file that may not be read among others: the rest is done, and the exit code is 1.
[ "$(id -u)" != 0 ] || { echo "root may read everything"; exit 77; }
mkdir in
echo '{"resourceType":"Patient","id":"a"}' >in/a.ndjson
cp in/a.ndjson in/b.ndjson
chmod 0 in/b.ndjson
"$FHIRSTAGE" -q prepare in --out out >/dev/null 2>error
echo "exit $?"
cat error
