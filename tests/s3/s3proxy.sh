# Against s3proxy, an implementation that shares nothing with ours or versitygw's.
. tests/lib/clients.sh
proxy=$(client s3proxy) || skip "s3proxy is not installed (tools/clients)"
command -v java >/dev/null || skip "s3proxy needs Java"
TESTS=$PWD/tests
. tests/lib/s3-server.sh
scratch=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; cd /; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export AWS_ACCESS_KEY_ID=KEY AWS_SECRET_ACCESS_KEY=secret/with+signs AWS_REGION=us-east-1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir objects work
cat >properties <<END
s3proxy.authorization=aws-v4
s3proxy.identity=$AWS_ACCESS_KEY_ID
s3proxy.credential=$AWS_SECRET_ACCESS_KEY
s3proxy.endpoint=http://127.0.0.1:$port
s3proxy.ignore-unknown-headers=true
jclouds.provider=filesystem-nio2
jclouds.filesystem.basedir=$PWD/objects
END
java -jar "$proxy"/*.jar --properties properties >s3proxy.log 2>&1 &
server=$!
export AWS_ENDPOINT_URL="http://127.0.0.1:$port"
waited=0
until curl -s -o /dev/null "$AWS_ENDPOINT_URL" || [ $waited = 300 ]; do
    sleep 0.1
    waited=$((waited + 1))
done
cd work && s3_suite brief
