# The completion scripts are understood by their shells, and bash's completes commands, options and values.
"$FHIRSTAGE" completion bash >c.bash && "$FHIRSTAGE" completion zsh >c.zsh && "$FHIRSTAGE" completion fish >c.fish || exit 1
bash -n c.bash
if command -v zsh >/dev/null; then zsh -n c.zsh; fi
if command -v fish >/dev/null; then fish -n c.fish; fi
cat >ask.bash <<'END'
. ./c.bash
ask() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _fhirstage
    echo "${COMPREPLY[*]}"
}
ask fhirstage pre
ask fhirstage --prog
ask fhirstage prepare --le
ask fhirstage prepare --level st
ask fhirstage prepare --level = mi
ask fhirstage -q validate --syn
ask fhirstage prepare --out ""
END
bash ask.bash
