# --syntax-only: any value a line or one document; duplicate keys pass; a file without a value does not.
try() {
    printf "$1" >in.json
    "$FHIRSTAGE" validate -q --syntax-only --verdicts - in.json | jq -c '[.line, .ok]' | tr '\n' ' '
    echo
}
try '[]'
try '1\n"a"\nnull\n{"a":1,"a":2}\n'
try '\n\n{\n"a":\n1}\n'
try '{"a":1\n{"a":2}\n'
try '["new\nline"]'
try ''
try ' \n '
try '[] []'
try '\357\273\277{}'
