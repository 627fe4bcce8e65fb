# --log-format json: an error is one JSON object with the same words.
"$FHIRSTAGE" --log-format json prepare 2>&1 | jq -c 'del(.time)'
