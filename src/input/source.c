#include "input/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/grow.h"

enum { BLOCK = 256 * 1024 };

/* ---- gathering */

struct found {
    struct fst_source source;
    dev_t             dev;
    ino_t             ino;
};

struct gather {
    struct fst_sources *s;
    const struct fst_sources_opts *opts;
    struct found       *items;
    size_t              count, cap;
    bool                has_skip;
    dev_t               skip_dev;
    ino_t               skip_ino;
};

static enum fst_status add_found(struct gather *g, const struct found *f, struct fst_error *err)
{
    if (!fst_grow(&g->items, g->count, &g->cap, sizeof *g->items))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    g->items[g->count++] = *f;
    return FST_OK;
}

static enum fst_status add_file(struct gather *g, const char *path, const char *rel, struct fst_error *err)
{
    struct stat  st;
    struct found f = { .source = { .spool = -1 } };

    if (stat(path, &st))
        return fst_fail_errno(err, "%s", path);
    f.dev = st.st_dev;
    f.ino = st.st_ino;
    f.source.bytes = (uint64_t)st.st_size;
    f.source.path = fst_arena_strn(&g->s->strings, fst_view_of(path));
    f.source.rel = fst_arena_strn(&g->s->strings, fst_view_of(rel));
    f.source.shown = f.source.path;
    if (!f.source.path || !f.source.rel)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    return add_found(g, &f, err);
}

static enum fst_status add_walked(void *ctx, const char *path, const char *rel, uint64_t bytes, struct fst_error *err)
{
    (void)bytes;
    return add_file(ctx, path, rel, err);
}

/* The walk enters every folder; the one that is left out is asked for by what it is, not by its name. */
static bool enter_folder(void *ctx, const char *path)
{
    struct gather *g = ctx;
    struct stat    st;

    return !g->has_skip || stat(path, &st) || st.st_dev != g->skip_dev || st.st_ino != g->skip_ino;
}

static enum fst_status spool_input(struct gather *g, const char *tmp_dir, struct fst_error *err)
{
    struct found    f = { .source = { .shown = "standard input", .rel = "-", .spool = -1 } };
    struct stat     st;
    enum fst_status status = fst_file_temp(&f.source.spool, tmp_dir, err);
    char           *block = status ? NULL : malloc(BLOCK);

    if (!status && !block)
        status = fst_fail(err, FST_ENOMEM, "out of memory");
    while (!status) {
        ssize_t n = read(STDIN_FILENO, block, BLOCK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = fst_fail_errno(err, "standard input");
        if (n <= 0)
            break;
        status = fst_file_write_all(f.source.spool, block, (size_t)n, "temporary file for standard input", err);
        f.source.bytes += (uint64_t)n;
    }
    free(block);
    if (!status && fstat(f.source.spool, &st))
        status = fst_fail_errno(err, "temporary file for standard input");
    if (!status) {
        f.dev = st.st_dev;
        f.ino = st.st_ino;
        status = add_found(g, &f, err);
    }
    if (status && f.source.spool >= 0)
        close(f.source.spool);
    return status;
}

static enum fst_status add_object(void *ctx, const struct fst_store_object *o, struct fst_error *err)
{
    struct gather *g = ctx;
    struct found   f = { .source = { .spool = -1, .bytes = o->bytes, .store = g->opts->store } };

    f.source.path = f.source.shown = fst_arena_strn(&g->s->strings, fst_view_of(o->url));
    f.source.rel = fst_arena_strn(&g->s->strings, fst_view_of(o->rel));
    f.source.tag = fst_arena_strn(&g->s->strings, fst_view_of(o->tag));
    if (!f.source.path || !f.source.rel || !f.source.tag)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    return add_found(g, &f, err);
}

static enum fst_status gather_input(struct gather *g, const char *input, const char *tmp_dir, struct fst_error *err)
{
    const struct fst_store *store = g->opts->store;
    const char             *name;

    if (!strcmp(input, "-")) {
        for (size_t i = 0; i < g->count; i++)
            if (g->items[i].source.spool >= 0)
                return FST_OK;
        return spool_input(g, tmp_dir, err);
    }
    if (store && store->claims(input))
        return store->list(store->ctx, input, add_object, g, err);
    if (!fst_file_exists(input))
        return fst_fail_errno(err, "%s", input);
    if (fst_file_is_dir(input))
        return fst_file_walk_some(input, enter_folder, add_walked, g, err);
    name = strrchr(input, '/');
    return add_file(g, input, name ? name + 1 : input, err);
}

/* ---- ordering */

static int by_order(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int                 c = (y->source.spool >= 0) - (x->source.spool >= 0);

    if (!c)
        c = strcmp(x->source.rel, y->source.rel);
    return c ? c : strcmp(x->source.shown, y->source.shown);
}

/* An object is its URL; the files come before all objects. */
static int compare_files(const struct found *x, const struct found *y)
{
    if (x->source.store || y->source.store)
        return !x->source.store ? -1 : !y->source.store ? 1 : strcmp(x->source.path, y->source.path);
    if (x->dev != y->dev)
        return x->dev < y->dev ? -1 : 1;
    if (x->ino != y->ino)
        return x->ino < y->ino ? -1 : 1;
    return 0;
}

static int by_file(const void *a, const void *b)
{
    const struct found *x = *(const struct found *const *)a, *y = *(const struct found *const *)b;
    int                 c = compare_files(x, y);

    return c ? c : x < y ? -1 : x > y; /* in canonical order: the first of them stays */
}

/* Of a file found more than once, only the first in canonical order keeps its name. */
static enum fst_status drop_repeats(struct gather *g, struct fst_error *err)
{
    struct found **files = malloc((g->count + 1) * sizeof *files);

    if (!files)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (size_t i = 0; i < g->count; i++)
        files[i] = &g->items[i];
    qsort(files, g->count, sizeof *files, by_file);
    for (size_t i = 1; i < g->count; i++)
        if (!compare_files(files[i], files[i - 1]))
            files[i]->source.rel = NULL;
    free(files);
    return FST_OK;
}

static enum fst_status settle(struct gather *g, struct fst_error *err)
{
    struct fst_sources *s = g->s;
    enum fst_status     st;

    if (g->count)
        qsort(g->items, g->count, sizeof *g->items, by_order);
    st = drop_repeats(g, err);
    if (st)
        return st;
    s->items = malloc((g->count + 1) * sizeof *s->items);
    if (!s->items)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (size_t i = 0; i < g->count; i++) {
        if (!g->items[i].source.rel)
            continue;
        s->items[s->count] = g->items[i].source;
        s->items[s->count++].base = s->bytes;
        s->bytes += g->items[i].source.bytes;
    }
    for (size_t i = 0; i < s->count; i++)
        s->items[i].left = s->count - 1 - i;
    return FST_OK;
}

enum fst_status fst_sources_open(struct fst_sources *s, const struct fst_sources_opts *opts, struct fst_error *err)
{
    struct gather   g = { .s = s, .opts = opts };
    struct stat     skip;
    enum fst_status st = FST_OK;

    *s = (struct fst_sources){ 0 };
    fst_arena_init(&s->strings, 0);
    if (opts->skip_dir && !stat(opts->skip_dir, &skip)) {
        g.has_skip = true;
        g.skip_dev = skip.st_dev;
        g.skip_ino = skip.st_ino;
    }
    for (size_t i = 0; i < opts->count && !st; i++)
        st = gather_input(&g, opts->inputs[i], opts->tmp_dir, err);
    if (!st && !g.count) {
        st = fst_fail(err, FST_EINPUT, "%s: no files in it", opts->count ? opts->inputs[0] : "no INPUT");
        fst_error_hint(err, "give files, or a folder with FHIR resources: NDJSON or Bundles");
    }
    if (!st)
        st = settle(&g, err);
    if (st) {
        for (size_t i = 0; i < g.count; i++)
            if (g.items[i].source.spool >= 0)
                close(g.items[i].source.spool);
        fst_sources_close(s);
    }
    free(g.items);
    return st;
}

void fst_sources_close(struct fst_sources *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->items[i].spool >= 0)
            close(s->items[i].spool);
    free(s->items);
    fst_arena_clear(&s->strings);
    *s = (struct fst_sources){ 0 };
}

/* ---- reading */

static enum fst_status read_object(struct fst_reader *r, char *out, size_t cap, size_t *n, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    if (r->looked) {
        *n = r->looked < cap ? r->looked : cap;
        memcpy(out, r->look, *n);
        memmove(r->look, r->look + *n, r->looked - *n);
        r->looked -= *n;
    } else {
        st = r->source->store->read(r->stream, out, cap, n, err);
    }
    r->at += st ? 0 : *n;
    return st;
}

static enum fst_status read_stored(struct fst_reader *r, char *out, size_t cap, size_t *n, struct fst_error *err)
{
    ssize_t got;

    if (r->stream)
        return read_object(r, out, cap, n, err);
    do
        got = pread(r->fd, out, cap, (off_t)r->at);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        fst_fail_errno(err, "%s", r->source->shown);
        return FST_EINPUT;
    }
    r->at += (uint64_t)got;
    *n = (size_t)got;
    return FST_OK;
}

static enum fst_status read_inflated(struct fst_reader *r, char *out, size_t cap, size_t *n, struct fst_error *err)
{
    enum fst_status st;

    for (;;) {
        if (!r->rest.n) {
            size_t got;
            st = read_stored(r, r->packed, BLOCK, &got, err);
            if (st)
                return st;
            r->rest = fst_view_n(r->packed, got);
            if (!got) {
                *n = 0;
                return r->z.ended ? FST_OK : fst_fail(err, FST_EINPUT, "%s: the gzip stream breaks off", r->source->shown);
            }
        }
        *n = cap;
        st = fst_gunzip_step(&r->z, &r->rest, out, n, err);
        if (st == FST_ENOMEM)
            return st;
        if (st) {
            fst_fail_while(err, st, "%s", r->source->shown);
            return FST_EINPUT;
        }
        if (*n)
            return FST_OK;
    }
}

enum fst_status fst_reader_read(struct fst_reader *r, char *out, size_t cap, size_t *n, struct fst_error *err)
{
    return r->gzip ? read_inflated(r, out, cap, n, err) : read_stored(r, out, cap, n, err);
}

static enum fst_status skip_inflated(struct fst_reader *r, uint64_t offset, struct fst_error *err)
{
    char           *waste = malloc(BLOCK);
    enum fst_status st = FST_OK;

    if (!waste)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    while (offset && !st) {
        size_t n;
        st = read_inflated(r, waste, offset < BLOCK ? (size_t)offset : BLOCK, &n, err);
        if (!st && !n)
            break;
        offset -= st ? 0 : n;
    }
    free(waste);
    return st;
}

static struct fst_store_object object_of(const struct fst_source *s)
{
    return (struct fst_store_object){ s->path, s->rel, s->tag, s->bytes };
}

/* Those behind it are on their way while it is read, or every small object would be waited for. */
static void announce_next(const struct fst_source *source)
{
    bool more = true;

    for (size_t i = 1; i <= source->left && more; i++) {
        struct fst_store_object o = object_of(&source[i]);
        more = source[i].store && source[i].store->soon(source[i].store->ctx, &o);
    }
}

/* Its first bytes tell whether it is gzip. */
static enum fst_status look_at_object(struct fst_reader *r, uint64_t offset, struct fst_error *err)
{
    const struct fst_store  *store = r->source->store;
    struct fst_store_object  o = object_of(r->source);
    size_t                   n = 1, looked = 0;
    enum fst_status          st = store->open(store->ctx, &o, 0, &r->stream, err);

    if (!st)
        announce_next(r->source);
    while (!st && n && looked < sizeof r->look) {
        st = store->read(r->stream, r->look + looked, sizeof r->look - looked, &n, err);
        looked += n;
    }
    r->gzip = !st && looked == sizeof r->look && !memcmp(r->look, "\x1f\x8b", 2);
    if (!st && offset && !r->gzip) {
        store->close(r->stream);
        st = store->open(store->ctx, &o, offset, &r->stream, err);
        looked = 0;
        r->at = offset;
    }
    r->looked = looked;
    return st;
}

static enum fst_status look_at_file(struct fst_reader *r, uint64_t offset, struct fst_error *err)
{
    char            magic[2];
    size_t          n;
    enum fst_status st;

    if (r->source->path) {
        r->fd = open(r->source->path, O_RDONLY | O_CLOEXEC);
        if (r->fd < 0) {
            fst_fail_errno(err, "%s", r->source->shown);
            return FST_EINPUT;
        }
    }
    st = read_stored(r, magic, sizeof magic, &n, err);
    r->gzip = !st && n == 2 && !memcmp(magic, "\x1f\x8b", 2);
    r->at = r->gzip ? 0 : offset;
    return st;
}

enum fst_status fst_reader_open(struct fst_reader *r, const struct fst_source *source, uint64_t offset, struct fst_error *err)
{
    enum fst_status st;

    *r = (struct fst_reader){ .source = source, .fd = source->spool };
    st = source->store ? look_at_object(r, offset, err) : look_at_file(r, offset, err);
    if (!st && r->gzip) {
        r->packed = malloc(BLOCK);
        st = r->packed ? skip_inflated(r, offset, err) : fst_fail(err, FST_ENOMEM, "out of memory");
    }
    if (st)
        fst_reader_close(r);
    return st;
}

void fst_reader_close(struct fst_reader *r)
{
    if (r->stream)
        r->source->store->close(r->stream);
    else if (r->source && r->source->path && r->fd >= 0)
        close(r->fd);
    fst_gunzip_clear(&r->z);
    free(r->packed);
    *r = (struct fst_reader){ .fd = -1 };
}
