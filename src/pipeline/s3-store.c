/* fhirstage/store.h for S3: objects are read by ranges. A stream has some parts on the way ahead of its reader, in a ring;
 * worker threads, each with a connection of its own that is kept, fetch them for all streams. The first part is small, since
 * many a stream is only looked into. */
#include "fhirstage/store.h"

#include <pthread.h>

#include "aws/s3.h"
#include "aws/s3_range.h"
#include "base/thread.h"

enum {
    FIRST_BYTES = 256 << 10, MAX_PARTS = 8, MAX_WORKERS = 32,
    MAX_EARLY = 32, FORGOTTEN = 4 * MAX_EARLY, /* streams that are opened early; after so many others they are not waited for any more */
    PART_MAX = 8 << 20, PART_MIN = 256 << 10, MEMORY = 64 << 20, NAME_CEILING = 1 << 16
};

enum part_state { PART_FREE, PART_WAITS, PART_BUSY, PART_DONE };

struct part {
    enum part_state  state;
    uint64_t         offset;
    size_t           bytes;
    struct fst_buf   data;
    enum fst_status  st;
    struct fst_error err;
};

struct store;

struct stream {
    struct store   *store;
    struct stream  *next; /* in the store's list; under its lock */
    char           *url;
    struct fst_view bucket, key; /* in url */
    char            etag[FST_ETAG_MAX];
    uint64_t        size, asked; /* asked: offset of the next part to ask for */
    struct part     parts[MAX_PARTS];
    size_t          head, used;  /* the ring: parts[head] is read */
    size_t          at;          /* in parts[head] */
    bool            warm;        /* it is read on in */
    bool            closing;
    bool            early;       /* nobody has opened it yet */
    uint64_t        turn;        /* of those that were opened before it */
};

struct store {
    struct fst_store      face;
    struct fst_aws_config config;
    const struct fst_env *env;
    struct fst_meter     *meter;
    const char           *skip;
    size_t                part_bytes, ahead;
    unsigned              early_max;
    pthread_t             workers[MAX_WORKERS];
    unsigned              worker_count;
    struct fst_aws       *lister;
    pthread_mutex_t       lock, listing;
    pthread_cond_t        to_do, done;
    struct {
        struct stream *streams;
        unsigned       count, early;
        uint64_t       opened;
        bool           ended;
    } synced;
};

static _Atomic int *stop_of(struct store *s)
{
    return s->meter ? &s->meter->stop : NULL;
}

/* ---- fetching */

/* The part that was asked for first, of any stream. */
static struct part *next_part_synced(struct store *s, struct stream **of)
{
    for (struct stream *t = s->synced.streams; t; t = t->next)
        for (size_t i = 0; i < t->used && !t->closing; i++) {
            struct part *p = &t->parts[(t->head + i) % MAX_PARTS];
            if (p->state != PART_WAITS)
                continue;
            *of = t;
            return p;
        }
    return NULL;
}

static void fetch(struct fst_aws *a, const struct stream *t, struct part *p)
{
    struct fst_buf swap;

    p->st = fst_s3_get_range(a, t->bucket, t->key, t->etag, p->offset, p->bytes, &p->err);
    if (p->st)
        return;
    swap = p->data;
    p->data = a->resp.body;
    a->resp.body = swap;
}

static void *work(void *ctx)
{
    struct store    *s = ctx;
    struct stream   *t = NULL;
    struct part     *p;
    struct fst_aws  *a = NULL;
    struct fst_error err = { 0 };
    enum fst_status  st = fst_aws_new(&a, &s->config, s->env, stop_of(s), &err);

    pthread_mutex_lock(&s->lock);
    while (!s->synced.ended) {
        p = next_part_synced(s, &t);
        if (!p) {
            pthread_cond_wait(&s->to_do, &s->lock);
            continue;
        }
        p->state = PART_BUSY;
        pthread_mutex_unlock(&s->lock);
        p->st = st;
        p->err = err;
        if (!st)
            fetch(a, t, p);
        pthread_mutex_lock(&s->lock);
        p->state = PART_DONE;
        pthread_cond_broadcast(&s->done);
    }
    pthread_mutex_unlock(&s->lock);
    fst_aws_free(a);
    return NULL;
}

/* Workers are started when there is something to fetch. */
static void start_workers_synced(struct store *s)
{
    unsigned wanted = (s->synced.count - s->synced.early) * (unsigned)s->ahead + s->synced.early;

    while (s->worker_count < wanted && s->worker_count < MAX_WORKERS && !pthread_create(&s->workers[s->worker_count], NULL, work, s))
        s->worker_count++;
}

/* ---- a stream */

/* Ask for more, up to what may be on the way; for little as long as nobody has read on. */
static void ask_synced(struct stream *t)
{
    size_t most = t->warm ? t->store->ahead : 1;

    while (t->used < most && t->asked < t->size) {
        struct part *p = &t->parts[(t->head + t->used) % MAX_PARTS];
        uint64_t     left = t->size - t->asked;
        size_t       want = t->warm ? t->store->part_bytes : FIRST_BYTES;
        *p = (struct part){ .state = PART_WAITS, .offset = t->asked, .bytes = left < want ? (size_t)left : want, .data = p->data };
        t->asked += p->bytes;
        t->used++;
    }
    pthread_cond_broadcast(&t->store->to_do);
}

static struct stream *new_stream(struct store *s, const struct fst_store_object *o, uint64_t offset)
{
    struct stream *t = calloc(1, sizeof *t);
    const char    *slash;

    if (!t || !(t->url = strdup(o->url))) {
        free(t);
        return NULL;
    }
    t->store = s;
    slash = strchr(t->url + strlen("s3://"), '/');
    t->bucket = fst_view_n(t->url + strlen("s3://"), (size_t)(slash - t->url) - strlen("s3://"));
    t->key = fst_view_of(slash + 1);
    snprintf(t->etag, sizeof t->etag, "%s", o->tag);
    t->size = o->bytes;
    t->asked = offset;
    for (size_t i = 0; i < MAX_PARTS; i++)
        fst_buf_init(&t->parts[i].data, PART_MAX);
    return t;
}

/* Behind all others, whose parts are wanted first. */
static void add_stream_synced(struct stream *t)
{
    struct stream **at = &t->store->synced.streams;

    while (*at)
        at = &(*at)->next;
    *at = t;
    t->store->synced.count++;
    t->store->synced.early += t->early;
    t->turn = t->store->synced.opened;
    start_workers_synced(t->store);
}

static void remove_stream_synced(struct stream *t)
{
    struct stream **at = &t->store->synced.streams;

    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    t->store->synced.count--;
    t->store->synced.early -= t->early;
}

static void free_stream(struct stream *t)
{
    for (size_t i = 0; i < MAX_PARTS; i++)
        fst_buf_clear(&t->parts[i].data);
    free(t->url);
    free(t);
}

static bool is_busy_synced(const struct stream *t)
{
    for (size_t i = 0; i < MAX_PARTS; i++)
        if (t->parts[i].state == PART_BUSY)
            return true;
    return false;
}

static struct stream *find_early_synced(const struct store *s, const struct fst_store_object *o)
{
    struct stream *t = s->synced.streams;

    while (t && !(t->early && !strcmp(t->url, o->url) && !strcmp(t->etag, o->tag)))
        t = t->next;
    return t;
}

/* One that was to be opened, but was not. */
static struct stream *forget_early_synced(struct store *s)
{
    for (struct stream *t = s->synced.streams; t; t = t->next)
        if (t->early && t->turn + FORGOTTEN < s->synced.opened && !is_busy_synced(t)) {
            remove_stream_synced(t);
            return t;
        }
    return NULL;
}

static bool soon(void *ctx, const struct fst_store_object *o)
{
    struct store  *s = ctx;
    struct stream *t, *forgotten = NULL;
    bool           room;

    pthread_mutex_lock(&s->lock);
    t = find_early_synced(s, o);
    if (!t && s->synced.early == s->early_max)
        forgotten = forget_early_synced(s);
    room = t || s->synced.early < s->early_max;
    if (!t && room && (t = new_stream(s, o, 0))) {
        t->early = true;
        add_stream_synced(t);
        ask_synced(t);
    }
    pthread_mutex_unlock(&s->lock);
    if (forgotten)
        free_stream(forgotten);
    return room;
}

static enum fst_status open_stream(void *ctx, const struct fst_store_object *o, uint64_t offset, void **out, struct fst_error *err)
{
    struct store  *s = ctx;
    struct stream *t;

    pthread_mutex_lock(&s->lock);
    s->synced.opened++;
    t = offset ? NULL : find_early_synced(s, o);
    if (t) {
        t->early = false;
        s->synced.early--;
        start_workers_synced(s);
    } else if ((t = new_stream(s, o, offset))) {
        add_stream_synced(t);
    }
    pthread_mutex_unlock(&s->lock);
    *out = t;
    if (!t)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    return s->worker_count ? FST_OK : fst_fail(err, FST_ENOMEM, "no thread can be started");
}

static enum fst_status read_stream(void *stream, char *out, size_t cap, size_t *n, struct fst_error *err)
{
    struct stream  *t = stream;
    struct part    *p = &t->parts[t->head];
    enum fst_status st = FST_OK;

    *n = 0;
    pthread_mutex_lock(&t->store->lock);
    if (!t->used)
        ask_synced(t);
    while (t->used && p->state != PART_DONE)
        pthread_cond_wait(&t->store->done, &t->store->lock);
    pthread_mutex_unlock(&t->store->lock);
    if (!t->used)
        return FST_OK;
    if (p->st) {
        st = p->st;
        if (err)
            *err = p->err;
        return st;
    }
    *n = p->data.len - t->at < cap ? p->data.len - t->at : cap;
    memcpy(out, p->data.p + t->at, *n);
    t->at += *n;
    if (t->at < p->data.len)
        return FST_OK;
    pthread_mutex_lock(&t->store->lock);
    p->state = PART_FREE;
    fst_buf_reset(&p->data);
    t->head = (t->head + 1) % MAX_PARTS;
    t->used--;
    t->warm = true;
    ask_synced(t);
    pthread_mutex_unlock(&t->store->lock);
    t->at = 0;
    return FST_OK;
}

static void close_stream(void *stream)
{
    struct stream *t = stream;
    struct store  *s = t->store;

    pthread_mutex_lock(&s->lock);
    t->closing = true;
    while (is_busy_synced(t))
        pthread_cond_wait(&s->done, &s->lock);
    remove_stream_synced(t);
    pthread_mutex_unlock(&s->lock);
    free_stream(t);
}

/* ---- what there is */

struct listing {
    const char          *skip;
    struct fst_view      bucket, below; /* below: the prefix, with its slash */
    fst_store_object_fn *fn;
    void                *ctx;
    uint64_t             count;
};

static bool is_below(const char *url, const char *folder)
{
    size_t n = folder ? strlen(folder) : 0;

    while (n && folder[n - 1] == '/')
        n--;
    return n && !strncmp(url, folder, n) && url[n] == '/';
}

static enum fst_status give(const struct listing *l, struct fst_view key, const char *rel, uint64_t bytes, const char *etag, struct fst_error *err)
{
    struct fst_store_object o = { .rel = rel, .tag = etag, .bytes = bytes };
    struct fst_buf          url;
    enum fst_status         st;

    fst_buf_init(&url, NAME_CEILING);
    fst_buf_addf(&url, "s3://%.*s/", FST_VIEW_ARGS(l->bucket));
    fst_buf_add_view(&url, key);
    st = fst_buf_check(&url, err);
    o.url = fst_buf_str(&url);
    if (!st && !is_below(o.url, l->skip))
        st = l->fn(l->ctx, &o, err);
    fst_buf_clear(&url);
    return st;
}

/* An object whose name ends with a slash stands for a folder, and has nothing in it. */
static enum fst_status add_object(void *ctx, const struct fst_s3_object *o, struct fst_error *err)
{
    struct listing *l = ctx;
    char            rel[1025];

    if (!o->key.n || o->key.p[o->key.n - 1] == '/' || o->key.n > 1024)
        return FST_OK;
    snprintf(rel, sizeof rel, "%.*s", FST_VIEW_ARGS(fst_view_from(o->key, l->below.n)));
    l->count++;
    return give(l, o->key, rel, o->size, o->etag, err);
}

static enum fst_status list_below(struct store *s, struct listing *l, const char *url, struct fst_view prefix, struct fst_error *err)
{
    struct fst_buf  below;
    enum fst_status st;

    fst_buf_init(&below, NAME_CEILING);
    fst_buf_add_view(&below, prefix);
    if (prefix.n)
        fst_buf_add_char(&below, '/');
    l->below = fst_buf_view(&below);
    st = fst_s3_list(s->lister, l->bucket, l->below, add_object, l, err);
    fst_buf_clear(&below);
    if (st || l->count)
        return st;
    (void)fst_fail(err, FST_ENOENT, "%s: no object of that name, and none below it", url);
    fst_error_hint(err, "an INPUT on S3 is s3://BUCKET/KEY, or s3://BUCKET/PREFIX with all below PREFIX/");
    return FST_ENOENT;
}

/* Is it an object itself? A name with a slash behind is none. Who may list but not read hears of it when reading. */
static enum fst_status list(void *ctx, const char *url, fst_store_object_fn *fn, void *fn_ctx, struct fst_error *err)
{
    struct store      *s = ctx;
    struct listing     l = { .skip = s->skip, .fn = fn, .ctx = fn_ctx };
    struct fst_view    key;
    struct fst_s3_head head;
    enum fst_status    st = fst_s3_parse_url(&l.bucket, &key, url, err);
    bool               folder = url[strlen(url) - 1] == '/' || !key.n;
    const char        *name;

    if (st)
        return st;
    pthread_mutex_lock(&s->listing);
    st = folder ? FST_ENOENT : fst_s3_head(s->lister, l.bucket, key, &head, err);
    if (!st) {
        name = memrchr(key.p, '/', key.n);
        st = give(&l, key, name ? name + 1 : key.p, head.size, head.etag, err);
    } else if (folder || (st == FST_ESERVICE && (s->lister->resp.status == 404 || s->lister->resp.status == 403))) {
        st = list_below(s, &l, url, key, err);
    }
    pthread_mutex_unlock(&s->listing);
    return st;
}

/* ---- the store */

bool fst_s3_store_claims(const char *input)
{
    return !strncmp(input, "s3://", strlen("s3://"));
}

static void set_sizes(struct store *s, const struct fst_s3_store_opts *opts)
{
    uint64_t memory = opts->memory_bytes ? opts->memory_bytes : MEMORY;
    uint64_t each = memory / (opts->streams ? opts->streams : fst_cpu_count());

    s->early_max = memory / 4 / FIRST_BYTES > MAX_EARLY ? MAX_EARLY : (unsigned)(memory / 4 / FIRST_BYTES) + 1;
    s->part_bytes = each / 4 > PART_MAX ? PART_MAX : each / 4 < PART_MIN ? PART_MIN : (size_t)(each / 4);
    s->ahead = each / s->part_bytes > MAX_PARTS ? MAX_PARTS : each / s->part_bytes < 2 ? 2 : (size_t)(each / s->part_bytes);
}

enum fst_status fst_s3_store_open(struct fst_store **out, const struct fst_s3_store_opts *opts, const struct fst_env *env, struct fst_error *err)
{
    struct store   *s = calloc(1, sizeof *s);
    enum fst_status st;

    *out = NULL;
    if (!s)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    s->face = (struct fst_store){ fst_s3_store_claims, list, open_stream, soon, read_stream, close_stream, s };
    s->env = env ? env : fst_env_real();
    s->meter = opts->meter;
    s->skip = opts->skip;
    set_sizes(s, opts);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->listing, NULL);
    pthread_cond_init(&s->to_do, NULL);
    pthread_cond_init(&s->done, NULL);
    st = fst_aws_config_load(&s->config, &opts->remote, s->env, err);
    if (!st)
        st = fst_aws_new(&s->lister, &s->config, s->env, stop_of(s), err);
    if (st)
        fst_s3_store_close(&s->face);
    else
        *out = &s->face;
    return st;
}

void fst_s3_store_close(struct fst_store *store)
{
    struct store  *s = store ? store->ctx : NULL;
    struct stream *t;

    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->synced.ended = true;
    pthread_cond_broadcast(&s->to_do);
    pthread_mutex_unlock(&s->lock);
    for (unsigned i = 0; i < s->worker_count; i++)
        pthread_join(s->workers[i], NULL);
    while ((t = s->synced.streams)) { /* that were opened early, and for nothing */
        remove_stream_synced(t);
        free_stream(t);
    }
    fst_aws_free(s->lister);
    fst_aws_config_clear(&s->config);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->listing);
    pthread_cond_destroy(&s->to_do);
    pthread_cond_destroy(&s->done);
    free(s);
}
