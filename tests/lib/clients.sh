# clients.sh — for a test to source: client PATH prints where a client is that tools/clients installed; when it is not
# there, the test is skipped with a word.
client() {
    [ -x "build/clients/$1" ] || [ -d "build/clients/$1" ] || return 1
    echo "$PWD/build/clients/$1"
}
skip() {
    echo "$*"
    exit 77
}
