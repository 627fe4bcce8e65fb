# --version and version say the same.
[ "$("$FHIRSTAGE" --version)" = "$("$FHIRSTAGE" version)" ] && "$FHIRSTAGE" version
