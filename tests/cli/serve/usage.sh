# What --listen and --credentials cannot be.
try() {
    "$FHIRSTAGE" serve --dir lake "$@" 2>&1
    echo "exit $?"
}
try --listen 8200
try --listen 127.0.0.1:99999
try --listen nowhere:0
printf '[default]\n' >keys
try --listen 127.0.0.1:0 --credentials keys
for quota in nothing=1 files files=0 files=many; do try --quota $quota; done
for pace in 0 -1 many ReadResource=; do try --tps $pace; done
try --job-delay soon
