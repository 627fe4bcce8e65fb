# Every command has help, the same by `help COMMAND` and by --help, which names every one of its options; a man page
# that troff takes; and docs/commands.md is what the tables say.
"$FHIRSTAGE" man >reference.md || exit 1
cmp reference.md "$TESTS/../docs/commands.md" || echo "docs/commands.md is out of date: run 'make reference'"
sed -n 's/^## \([a-z].*\)/\1/p' reference.md >commands
[ -s commands ] || echo "no commands"
while read -r command; do
    # shellcheck disable=SC2086
    "$FHIRSTAGE" help $command >help.txt || echo "$command: no help"
    # shellcheck disable=SC2086
    "$FHIRSTAGE" $command --help | cmp - help.txt || echo "$command: --help differs"
    head -n 1 help.txt | grep -q "^usage: fhirstage $command" || echo "$command: no usage line"
    awk 'length($0) > 100' help.txt | grep -v '^  fhirstage ' | sed "s/^/$command: long line: /"
done <commands
"$FHIRSTAGE" man --dir pages || exit 1
[ "$(find pages -name '*.1' | wc -l)" = "$(($(wc -l <commands) + 1))" ] || echo "not a page a command"
if command -v groff >/dev/null; then
    for page in pages/*.1; do groff -man -Tutf8 -ww "$page" 2>&1 >/dev/null | sed "s|^|$page: |"; done
fi
