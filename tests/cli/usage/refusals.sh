# Each usage error is one line and a hint, and exits with 2.
try() {
    echo "\$ fhirstage $*"
    "$FHIRSTAGE" "$@" 2>&1
    echo "exit $?"
}
try
try prepair
try frobnicate
try --bogus
try --progress
try --progress=loud
try prepare
try prepare x
try prepare x --ou y
try prepare x --jsno
try prepare x --out y --jobs none
try prepare x --out y --jobs 0
try prepare x --out y --chunk-size=huge
try prepare x --out y --level=lax
try prepare x --out
try prepare x --out --json
try prepare x --json=yes --out y
try validate -Z x
try completion
try completion tcsh
try version now
try help nothing
