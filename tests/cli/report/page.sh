# One page that fetches nothing and runs nothing, with the figures, the rejected and their places; what is shown of the
# input cannot be markup.
printf '{"resourceType":"Patient","id":"ok"}\n{"resourceType":"<script>"}\n{"resourceType":"Parameters","id":"p"}\n{"resource\n' >in.ndjson
"$FHIRSTAGE" -q prepare in.ndjson --out out >/dev/null
"$FHIRSTAGE" report out
grep -c -i '<script\|src=\|href=\|url(\|@import\|https\?://' out/report.html
grep -o 'in\.ndjson:[0-9]*' out/report.html
grep -o '&lt;script&gt;' out/report.html
grep -o '<b>[0-9]*</b> [a-z]*' out/report.html
"$FHIRSTAGE" report out -o page.html && cmp page.html out/report.html
"$FHIRSTAGE" report . 2>&1
echo "exit $?"
