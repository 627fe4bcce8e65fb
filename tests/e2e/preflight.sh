#!/bin/sh
# preflight against a cloud that answers for STS, IAM and KMS: what each answer makes of its check.
exec python3 "$(dirname "$0")/preflight.py"
