/* replay [-mutations=N] PATH... — a fuzz target's main where libFuzzer is not: every file given, and of folders every file
 * in them, then N mutations of each, always the same ones. Prints how many inputs passed; a failing one aborts, after its
 * name was printed. */
#include <string.h>

#include "base/file.h"
#include "fuzz.h"

enum { INPUT_MAX = 1 << 24, CHANGES = 4, COPY_MAX = 64 };

struct replay {
    unsigned      mutations;
    unsigned long inputs;
    uint64_t      random;
};

static size_t below(struct replay *r, size_t n)
{
    r->random ^= r->random << 13; /* xorshift64 */
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return n ? (size_t)(r->random % n) : 0;
}

/* The target gets a block of just this size, so that a sanitiser sees a read past its end. */
static void feed(struct replay *r, const char *p, size_t n)
{
    uint8_t *own = malloc(n ? n : 1);
    if (!own)
        abort();
    if (n)
        memcpy(own, p, n);
    LLVMFuzzerTestOneInput(own, n);
    free(own);
    r->inputs++;
}

/* Cut, doubled, changed in a bit, or a byte put in that formats are made of. */
static void mutate(struct replay *r, struct fst_buf *b)
{
    static const char telling[] = "\"\\{}[]:,.-+eE0019 \n\t/u\0\x7f\x80\xc3\xed\xf4\xff()'|%$&<>?*";
    size_t            at = below(r, b->len), n;

    switch (below(r, 5)) {
    case 0: b->len = at; break;
    case 1: b->p[at] = (char)(b->p[at] ^ 1 << below(r, 8)); break;
    case 2: b->p[at] = telling[below(r, sizeof telling - 1)]; break;
    case 3:
        n = below(r, b->len - at < COPY_MAX ? b->len - at : COPY_MAX);
        memmove(b->p + at, b->p + at + n, b->len - at - n);
        b->len -= n;
        break;
    default:
        n = below(r, b->len - at < COPY_MAX ? b->len - at : COPY_MAX);
        if (!fst_buf_reserve(b, n))
            abort();
        memmove(b->p + at + n, b->p + at, b->len - at);
        b->len += n;
    }
}

static enum fst_status replay_file(void *ctx, const char *path, const char *rel, uint64_t bytes, struct fst_error *err)
{
    struct replay  *r = ctx;
    struct fst_buf  whole, b;
    enum fst_status st;

    fst_buf_init(&whole, INPUT_MAX);
    fst_buf_init(&b, INPUT_MAX);
    st = fst_file_read(&whole, path, err);
    fprintf(stderr, "%s\n", path);
    if (!st)
        feed(r, whole.p, whole.len);
    for (unsigned i = 0; i < r->mutations && !st; i++) {
        fst_buf_reset(&b);
        fst_buf_add_view(&b, fst_buf_view(&whole));
        for (size_t k = below(r, CHANGES) + 1; k && b.len; k--)
            mutate(r, &b);
        feed(r, b.p, b.len);
    }
    fst_buf_clear(&whole);
    fst_buf_clear(&b);
    return st;
}

int main(int argc, char **argv)
{
    struct replay    r = { .random = 0x9e3779b97f4a7c15 };
    struct fst_error err = { 0 };
    enum fst_status  st = FST_OK;

    for (int i = 1; i < argc && !st; i++) {
        if (!strncmp(argv[i], "-mutations=", 11))
            r.mutations = (unsigned)strtoul(argv[i] + 11, NULL, 10);
        else
            st = fst_file_is_dir(argv[i]) ? fst_file_walk(argv[i], replay_file, &r, &err)
                                          : replay_file(&r, argv[i], argv[i], 0, &err);
    }
    if (st)
        fprintf(stderr, "replay: %s\n", err.text);
    printf("%lu inputs\n", r.inputs);
    return st || !r.inputs;
}
