# A result that cannot be written is a failure; a reader that went away is not told of.
"$FHIRSTAGE" version >/dev/full
echo "exit $?"
"$FHIRSTAGE" completion bash | true
