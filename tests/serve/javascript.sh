#!/bin/sh
# The AWS SDK for JavaScript, unmodified: see javascript_client.mjs.
. tests/lib/service.sh
. tests/lib/clients.sh
command -v node >/dev/null || skip "no node"
modules=$(client node/node_modules) || skip "no JavaScript SDK"
dir=$(mktemp -d)
start_service "$dir/lake"
trap 'kill "$service"; wait "$service" 2>/dev/null; rm -rf "$dir"' EXIT
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
node --no-warnings tests/serve/javascript_client.mjs "$AWS_ENDPOINT_URL" "$modules"
