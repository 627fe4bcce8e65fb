# The operations, and what one takes.
"$FHIRSTAGE" api --list
"$FHIRSTAGE" api StartFHIRImportJob --list
