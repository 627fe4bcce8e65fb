#!/bin/sh
# How objects are kept: encryption, key, class, tags and metadata arrive with every object, small and multipart. Held
# against moto, which keeps and tells all of it.
python3 -c 'import moto.server, boto3' 2>/dev/null || { echo "moto and boto3 are not installed"; exit 77; }
exec python3 "$(dirname "$0")/storing.py"
