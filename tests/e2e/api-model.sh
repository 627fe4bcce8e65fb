#!/bin/sh
# The API tables say what the service model says, shape by shape.
model=${TESTDATA:-/nowhere}/aws
[ -f "$model/healthlake-service-2.json" ] || { echo "no service model in TESTDATA"; exit 77; }
tools/api-model --check "$model"
