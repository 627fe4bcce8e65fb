# Against versitygw, which verifies signatures and checksums: over http and over https.
. tests/lib/clients.sh
gateway=$(client versitygw/versitygw) || skip "versitygw is not installed (tools/clients)"
TESTS=$PWD/tests
. tests/lib/s3-server.sh
scratch=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; cd /; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export AWS_ACCESS_KEY_ID=KEY AWS_SECRET_ACCESS_KEY=secret/with+signs AWS_REGION=us-east-1
start() { # start SCHEME OPTION…: on a port that was free a moment ago
    scheme=$1
    shift
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    mkdir -p "objects-$scheme" "$scheme"
    ROOT_ACCESS_KEY=$AWS_ACCESS_KEY_ID ROOT_SECRET_KEY=$AWS_SECRET_ACCESS_KEY "$gateway" --port "127.0.0.1:$port" --quiet "$@" \
        posix "$PWD/objects-$scheme" >"$scheme.log" 2>&1 &
    server=$!
    export AWS_ENDPOINT_URL="$scheme://127.0.0.1:$port"
    waited=0
    until curl -s -k -o /dev/null "$AWS_ENDPOINT_URL" || [ $waited = 100 ]; do
        sleep 0.1
        waited=$((waited + 1))
    done
}
verdict=0
start http
(cd http && s3_suite full) || verdict=1
kill "$server"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem 2>openssl.log
export AWS_CA_BUNDLE="$PWD/cert.pem"
start https --cert "$PWD/cert.pem" --key "$PWD/key.pem"
(cd https && s3_suite brief) || verdict=1
exit $verdict
