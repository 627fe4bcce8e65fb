#!/bin/sh
# boto3, unmodified: see boto3_client.py.
. tests/lib/service.sh
. tests/lib/clients.sh
python=$(client python/bin/python) || skip "no boto3"
dir=$(mktemp -d)
start_service "$dir/lake"
trap 'kill "$service"; wait "$service" 2>/dev/null; rm -rf "$dir"' EXIT
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_ENDPOINT_URL_S3 AWS_PROFILE
"$python" tests/serve/boto3_client.py "$AWS_ENDPOINT_URL" "$dir"
