# It says where it listens, answers there, refuses a second one in the same folder, leaves on SIGTERM, and knows a folder of other tables.
"$FHIRSTAGE" serve --listen 127.0.0.1:0 --dir lake >out 2>err &
pid=$!
i=0
while [ ! -s out ] && [ $i -lt 100 ]; do i=$((i + 1)); sleep 0.1; done
jq -r '.dir' out
endpoint=$(jq -r .endpoint out)
curl -s --aws-sigv4 aws:amz:us-east-1:s3 --user local:local-secret "$endpoint/" | grep -c '<Buckets></Buckets>'
curl -s --aws-sigv4 aws:amz:us-east-1:s3 --user local:wrong "$endpoint/" | grep -o '<Code>[A-Za-z]*'
"$FHIRSTAGE" serve --listen 127.0.0.1:0 --dir lake 2>&1
kill $pid
wait $pid
echo "exit $?"
cat err
# a folder whose tables are others is not touched
mkdir earlier
python3 -c 'import sqlite3; c = sqlite3.connect("earlier/store.sqlite"); c.execute("CREATE TABLE object (bucket TEXT, key TEXT)"); c.commit()'
"$FHIRSTAGE" serve --listen 127.0.0.1:0 --dir earlier 2>&1
