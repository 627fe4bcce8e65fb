/* An input of two files, parted by a byte 0x1E: every value has one outcome, the sums agree, what is staged is what an import
 * takes, and it stays what it is when it is prepared again, by the other parser, with another number of threads. */
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "fhir/validate.h"
#include "fhirstage/prepare.h"
#include "fuzz.h"

enum { FILES = 2, SPLIT = 0x1E, STAGED_MAX = 1 << 26 };

/* ---- a store of two texts */

struct texts {
    struct fst_view text[FILES];
    int             count;
};

struct stream {
    struct fst_view rest;
};

static bool claims(const char *input)
{
    return !strncmp(input, "mem:", 4);
}

static enum fst_status list(void *ctx, const char *url, fst_store_object_fn *fn, void *fn_ctx, struct fst_error *err)
{
    static const char *const urls[FILES] = { "mem:a", "mem:b" };
    const struct texts      *t = ctx;
    enum fst_status          st = FST_OK;
    (void)url;
    for (int i = 0; i < t->count && !st; i++)
        st = fn(fn_ctx, &(struct fst_store_object){ urls[i], urls[i] + 4, "1", t->text[i].n }, err);
    return st;
}

static enum fst_status open_text(void *ctx, const struct fst_store_object *o, uint64_t offset, void **stream, struct fst_error *err)
{
    const struct texts *t = ctx;
    struct stream      *s = malloc(sizeof *s);
    if (!s)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    s->rest = fst_view_from(t->text[o->url[4] - 'a'], (size_t)offset);
    *stream = s;
    return FST_OK;
}

static bool soon(void *ctx, const struct fst_store_object *o)
{
    (void)ctx, (void)o;
    return false;
}

static enum fst_status read_text(void *stream, char *out, size_t cap, size_t *n, struct fst_error *err)
{
    struct stream *s = stream;
    (void)err;
    *n = s->rest.n < cap ? s->rest.n : cap;
    if (*n)
        memcpy(out, s->rest.p, *n);
    s->rest = fst_view_from(s->rest, *n);
    return FST_OK;
}

/* ---- a sink that keeps the lines, in the order of one thread */

struct lines {
    struct fst_buf text;
    uint64_t       files;
};

static enum fst_status begin(void *ctx, const char *key, void **file, struct fst_error *err)
{
    (void)key, (void)err;
    *file = ctx;
    return FST_OK;
}

static enum fst_status keep(void *file, const void *p, size_t n, struct fst_error *err)
{
    struct lines *l = file;
    (void)err;
    fst_buf_add(&l->text, p, n);
    return FST_OK;
}

static enum fst_status finish(void *file, uint32_t crc32, struct fst_error *err)
{
    struct lines *l = file;
    (void)crc32, (void)err;
    l->files++;
    return FST_OK;
}

static void drop(void *file)
{
    (void)file;
}

/* ---- the properties */

static uint64_t skipped(const struct fst_figures *f)
{
    uint64_t n = 0;
    for (int i = 0; i < FST_SKIP_COUNT; i++)
        n += f->skipped[i];
    return n;
}

static void check_sums(const struct fst_figures *f, const struct lines *l)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < l->text.len; i++)
        lines += l->text.p[i] == '\n';
    if (f->values != f->resources + f->quarantined + skipped(f))
        fst_fuzz_fail("%llu values became %llu resources, %llu rejected, %llu skipped", (unsigned long long)f->values,
                      (unsigned long long)f->resources, (unsigned long long)f->quarantined, (unsigned long long)skipped(f));
    if (lines != f->resources || l->text.len != f->bytes || l->files != f->files)
        fst_fuzz_fail("%llu lines for %llu resources", (unsigned long long)lines, (unsigned long long)f->resources);
}

static void say(void *ctx, const struct fst_issue *issue)
{
    (void)ctx;
    if (issue->severity > FST_SEVERITY_WARNING)
        fprintf(stderr, "%s: %.*s\n", issue->rule, FST_VIEW_ARGS(issue->text));
}

static void check_line(struct fst_validator *v, struct fst_tape *tape, struct fst_view line)
{
    struct fst_json_error jerr;
    struct fst_verdict    verdict;
    if (fst_json_parse(tape, line, &(struct fst_json_opts){ 0 }, &jerr))
        fst_fuzz_fail("no JSON is staged: %.*s", FST_VIEW_ARGS(line));
    if (!fst_validate(v, tape, 0, say, NULL, &verdict) && !verdict.ok)
        fst_fuzz_fail("staged, and would be refused: %.*s", FST_VIEW_ARGS(line));
}

static void check_lines(const struct lines *l)
{
    static struct fst_validator *v;
    static struct fst_tape       tape;
    struct fst_view              rest = fst_buf_view(&l->text);
    if (!v && fst_validator_new(&v, &(struct fst_validate_opts){ .level = FST_LEVEL_STRICT, .staged = true, .no_warnings = true }, NULL))
        return;
    while (rest.n) {
        size_t n = (size_t)((const char *)memchr(rest.p, '\n', rest.n) - rest.p);
        check_line(v, &tape, fst_view_n(rest.p, n));
        rest = fst_view_from(rest, n + 1);
    }
}

/* Prepare the texts; false when that could not be done. */
static bool prepare(struct texts *t, struct lines *lines, enum fst_parser parser, struct fst_figures *f)
{
    static char                  dir[64];
    static const char *const     inputs[] = { "mem:" };
    const struct fst_store       store = { .claims = claims, .list = list, .open = open_text, .soon = soon, .read = read_text, .close = free, .ctx = t };
    const struct fst_chunk_sink  sink = { lines, begin, keep, finish, drop };
    struct fst_prepare_opts      opts = { .inputs = inputs, .input_count = 1, .store = &store, .sink = &sink, .out_dir = dir, .parser = parser,
                                          .max_resource_bytes = 1 << 20, .jobs = 1 };
    struct fst_error             err = { 0 };
    if (!*dir) {
        snprintf(dir, sizeof dir, "%s/fhirstage-fuzz-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm"); /* in memory */
        if (!mkdtemp(dir))
            return false;
    }
    *f = (struct fst_figures){ 0 };
    lines->files = 0;
    fst_buf_reset(&lines->text);
    enum fst_status st = fst_prepare(&opts, NULL, f, &err);
    if (fst_file_remove_tree(dir, NULL))
        fst_fuzz_fail("%s is in use", dir);
    if ((st == FST_EREJECTED || st == FST_EINPUT) && f->values)
        st = FST_OK;
    return !st;
}

static void check_again(const struct lines *first)
{
    struct texts       t = { { fst_buf_view(&first->text) }, 1 };
    struct lines       second;
    struct fst_figures f;
    fst_buf_init(&second.text, STAGED_MAX);
    if (first->text.len && (!prepare(&t, &second, FST_PARSER_YAJL, &f) || f.quarantined || skipped(&f) ||
                            !fst_view_equal(fst_buf_view(&first->text), fst_buf_view(&second.text))))
        fst_fuzz_fail("prepared again, it becomes another:\n%.*s\n%.*s", FST_VIEW_ARGS(fst_buf_view(&first->text)),
                      FST_VIEW_ARGS(fst_buf_view(&second.text)));
    fst_buf_clear(&second.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    const char        *mid = n ? memchr(p, SPLIT, n) : NULL;
    struct fst_view    whole = fst_view_n((const char *)p, n);
    struct texts       t = { { whole }, 1 };
    struct lines       lines;
    struct fst_figures f;

    if (mid)
        t = (struct texts){ { fst_view_n(whole.p, (size_t)(mid - whole.p)), fst_view_from(whole, (size_t)(mid - whole.p) + 1) }, 2 };
    fst_buf_init(&lines.text, STAGED_MAX);
    if (prepare(&t, &lines, FST_PARSER_FAST, &f)) {
        check_sums(&f, &lines);
        check_lines(&lines);
        check_again(&lines);
    }
    fst_buf_clear(&lines.text);
    return 0;
}
