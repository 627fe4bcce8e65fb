#!/bin/sh
# Credentials, from each place that they can be in.
exec python3 "$(dirname "$0")/credentials.py"
