# JSONTestSuite: what must be accepted is, what must be refused is, by each parser, and nothing crashes.
suite=$TESTDATA/json-test-suite/test_parsing
[ -d "$suite" ] || { echo "no $suite"; exit 77; }
for parser in fast yajl; do
    for file in "$suite"/*.json; do
        "$FHIRSTAGE" validate -q --parser $parser --syntax-only "$file" >/dev/null 2>&1
        got=$?
        case ${file##*/}:$got in y_*:0 | n_*:3 | i_*:0 | i_*:3) ;; *) echo "$parser: ${file##*/}: exit $got" ;; esac
    done
done
