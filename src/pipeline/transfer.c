#include "pipeline/transfer.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/thread.h"
#include "base/crc.h"

#define MIB ((uint64_t)1 << 20)
#define WHOLE_MAX  (64 * MIB) /* larger ones go in parts */
#define PART_BYTES (16 * MIB)
enum { READ_BYTES = 256 * 1024, PATH_CEILING = 64 * 1024 };

/* A multipart upload that was found at the beginning. */
struct begun {
    char *key, *upload_id; /* the whole key */
    bool  taken;           /* one of ours goes on with it */
};

/* A file that goes in parts. */
struct large {
    pthread_mutex_t lock;
    uint64_t        part_bytes;
    unsigned        count;
    struct {
        bool                begun;
        char                upload_id[FST_UPLOAD_ID_MAX];
        unsigned            left;
        struct fst_s3_part *parts, *found; /* found: what an earlier run sent; without an ETag where there is nothing */
    } synced;
};

/* One request's worth of sending. */
struct unit {
    struct fst_transfer_item *item;
    struct large             *large; /* NULL: the whole file */
    unsigned                  part;  /* from 0 */
};

struct fst_transfer {
    struct fst_transfer_opts opts;
    struct fst_aws         **clients; /* one a worker; made when first used */
    struct begun            *begun;
    size_t                   begun_count, begun_cap;
    struct unit             *units;
    size_t                   unit_count;
    struct large            *larges;
    size_t                   large_count;
    struct fst_transfer_item **compared;
};

enum fst_status fst_transfer_new(struct fst_transfer **out, const struct fst_transfer_opts *opts, struct fst_error *err)
{
    struct fst_transfer *t = calloc(1, sizeof *t);
    enum fst_status      st;

    *out = NULL;
    if (!t)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    t->opts = *opts;
    t->clients = calloc(opts->connections, sizeof *t->clients);
    st = t->clients ? fst_aws_new(&t->clients[0], opts->config, opts->env, opts->meter ? &opts->meter->stop : NULL, err)
                    : fst_fail(err, FST_ENOMEM, "out of memory");
    if (st) {
        fst_transfer_free(t);
        return st;
    }
    *out = t;
    return FST_OK;
}

static void clear_work(struct fst_transfer *t)
{
    for (size_t i = 0; i < t->large_count; i++) {
        pthread_mutex_destroy(&t->larges[i].lock);
        free(t->larges[i].synced.parts);
        free(t->larges[i].synced.found);
    }
    for (size_t i = 0; i < t->begun_count; i++) {
        free(t->begun[i].key);
        free(t->begun[i].upload_id);
    }
    free(t->larges);
    free(t->begun);
    free(t->units);
    t->larges = NULL;
    t->begun = NULL;
    t->units = NULL;
    t->large_count = t->begun_count = t->begun_cap = t->unit_count = 0;
}

void fst_transfer_free(struct fst_transfer *t)
{
    if (!t)
        return;
    clear_work(t);
    for (unsigned i = 0; t->clients && i < t->opts.connections; i++)
        fst_aws_free(t->clients[i]);
    free(t->clients);
    free(t);
}

struct fst_aws *fst_transfer_client(struct fst_transfer *t)
{
    return t->clients[0];
}

struct fst_view fst_transfer_key(const struct fst_transfer *t, const char *key, struct fst_buf *out)
{
    fst_buf_reset(out);
    fst_buf_add_view(out, t->opts.prefix);
    if (t->opts.prefix.n)
        fst_buf_add_char(out, '/');
    fst_buf_add_str(out, key);
    return fst_buf_view(out);
}

static enum fst_status worker_client(struct fst_transfer *t, unsigned worker, struct fst_aws **out, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    if (!t->clients[worker])
        st = fst_aws_new(&t->clients[worker], t->opts.config, t->opts.env, t->opts.meter ? &t->opts.meter->stop : NULL, err);
    *out = t->clients[worker];
    return st;
}

static enum fst_status check_stop(const struct fst_transfer *t, struct fst_error *err)
{
    int stop = t->opts.meter ? t->opts.meter->stop : 0;
    return stop ? fst_fail(err, stop == 2 ? FST_EINTR : FST_ETERM, "interrupted") : FST_OK;
}

static void count_file(struct fst_transfer *t, uint64_t bytes)
{
    if (!t->opts.meter)
        return;
    t->opts.meter->files++;
    t->opts.meter->bytes += bytes;
}

/* ---- the file */

struct range {
    int         fd;
    uint64_t    offset, size;
    uint32_t    crc32;
    char        sha256[2 * FST_SHA256_BYTES + 1];
};

static bool signs_payload(const struct fst_transfer *t)
{
    return fst_s3_signs_payload(t->opts.config);
}

static enum fst_status digest(const struct fst_transfer *t, struct range *r, const char *path, struct fst_error *err)
{
    struct fst_digest sha = { 0 };
    uint8_t           hash[FST_SHA256_BYTES];
    char             *buf = malloc(READ_BYTES);
    uint64_t          done = 0;
    enum fst_status   st = buf && (!signs_payload(t) || !fst_digest_init(&sha, FST_SHA256)) ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");

    r->crc32 = 0;
    while (!st && done < r->size) {
        size_t  want = r->size - done < READ_BYTES ? (size_t)(r->size - done) : READ_BYTES;
        ssize_t got = pread(r->fd, buf, want, (off_t)(r->offset + done));
        if (got <= 0) {
            st = got ? fst_fail_errno(err, "%s", path) : fst_fail(err, FST_EIO, "%s: it became shorter while it was read", path);
            break;
        }
        r->crc32 = fst_crc32(r->crc32, buf, (size_t)got);
        if (signs_payload(t))
            fst_digest_add(&sha, buf, (size_t)got);
        done += (uint64_t)got;
    }
    if (!st && signs_payload(t)) {
        fst_digest_finish(&sha, hash);
        fst_hex(hash, sizeof hash, r->sha256);
    }
    fst_digest_clear(&sha);
    free(buf);
    return st;
}

static enum fst_status changed(const char *path, const char *what, struct fst_error *err)
{
    fst_fail(err, FST_EIO, "%s: %s", path, what);
    fst_error_hint(err, "it was changed after it was prepared: prepare again");
    return FST_EIO;
}

static enum fst_status open_item(const struct fst_transfer *t, const struct fst_transfer_item *item, struct fst_buf *path, int *fd,
                                 struct fst_error *err)
{
    struct stat s;

    *fd = open(fst_path_join(path, t->opts.dir, item->key), O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        return fst_fail_errno(err, "%s", fst_buf_str(path));
    if (fstat(*fd, &s) != 0)
        return fst_fail_errno(err, "%s", fst_buf_str(path));
    return (uint64_t)s.st_size == item->size ? FST_OK : changed(fst_buf_str(path), "its size is not the one expected", err);
}

/* ---- is it there already */

static enum fst_status item_crc(struct fst_transfer *t, struct fst_transfer_item *item, struct fst_error *err)
{
    struct fst_buf  path;
    struct range    r = { .fd = -1, .size = item->size };
    enum fst_status st;

    if (item->crc_known)
        return FST_OK;
    fst_buf_init(&path, PATH_CEILING);
    st = open_item(t, item, &path, &r.fd, err);
    if (!st)
        st = digest(t, &r, fst_buf_str(&path), err);
    if (r.fd >= 0)
        close(r.fd);
    fst_buf_clear(&path);
    item->crc32 = r.crc32;
    item->crc_known = !st;
    return st;
}

static enum fst_status compare_task(void *ctx, size_t task, unsigned worker, struct fst_error *err)
{
    struct fst_transfer      *t = ctx;
    struct fst_transfer_item *item = t->compared[task];
    struct fst_s3_head        head;
    struct fst_aws           *a;
    struct fst_buf            key;
    enum fst_status           st = check_stop(t, err);

    if (!st)
        st = worker_client(t, worker, &a, err);
    if (!st)
        st = item_crc(t, item, err);
    if (st)
        return st;
    fst_buf_init(&key, PATH_CEILING);
    st = fst_s3_head(a, t->opts.bucket, fst_transfer_key(t, item->key, &key), &head, err);
    fst_buf_clear(&key);
    if (st)
        return st;
    item->kept = head.size == item->size && head.has_crc32 && head.crc32 == item->crc32;
    if (item->kept)
        count_file(t, item->size);
    return FST_OK;
}

enum fst_status fst_transfer_compare(struct fst_transfer *t, struct fst_transfer_item *items, size_t count, struct fst_error *err)
{
    size_t          listed = 0;
    enum fst_status st;

    t->compared = calloc(count + 1, sizeof(struct fst_transfer_item *));
    if (!t->compared)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        if (items[i].listed)
            t->compared[listed++] = &items[i];
    st = fst_run_tasks(listed, t->opts.connections, compare_task, t, err);
    free(t->compared);
    t->compared = NULL;
    return st;
}

/* ---- sending */

static void fill_put(const struct fst_transfer *t, const struct range *r, struct fst_view key, struct fst_s3_put *put)
{
    *put = (struct fst_s3_put){ .bucket = t->opts.bucket, .key = key, .body_fd = r->fd, .body_offset = r->offset, .body_size = r->size,
                                .sent = t->opts.meter ? &t->opts.meter->bytes : NULL, .crc32 = r->crc32, .sse = t->opts.sse,
                                .payload_sha256 = signs_payload(t) ? r->sha256 : NULL };
}

static const char *content_type(const char *key)
{
    static const struct { const char *end, *type; } types[] = {
        { ".ndjson", "application/fhir+ndjson" }, { ".json", "application/json" }, { ".tsv", "text/tab-separated-values" },
    };
    size_t n = strlen(key);

    for (size_t i = 0; i < FST_COUNT(types); i++) {
        size_t end = strlen(types[i].end);
        if (n > end && !strcmp(key + n - end, types[i].end))
            return types[i].type;
    }
    return "application/octet-stream";
}

/* The service checks the sum; it is computed here only when something needs the bytes read anyway. */
static enum fst_status send_whole(struct fst_transfer *t, struct fst_aws *a, struct fst_transfer_item *item, struct fst_error *err)
{
    struct fst_buf    path, key;
    struct fst_s3_put put;
    struct range      r = { .fd = -1, .size = item->size, .crc32 = item->crc32 };
    enum fst_status   st;

    fst_buf_init(&path, PATH_CEILING);
    fst_buf_init(&key, PATH_CEILING);
    st = open_item(t, item, &path, &r.fd, err);
    if (!st && (signs_payload(t) || !item->crc_known))
        st = digest(t, &r, fst_buf_str(&path), err);
    if (!st && item->crc_known && r.crc32 != item->crc32)
        st = changed(fst_buf_str(&path), "its bytes are not those that the manifest names", err);
    if (!st) {
        fill_put(t, &r, fst_transfer_key(t, item->key, &key), &put);
        put.content_type = content_type(item->key);
        st = fst_s3_put(a, &put, err);
        if (st == FST_ESERVICE && (!strcmp(a->code, "BadDigest") || !strcmp(a->code, "XAmzContentChecksumMismatch")))
            st = changed(fst_buf_str(&path), "the service received other bytes than the manifest names", err);
    }
    if (r.fd >= 0)
        close(r.fd);
    fst_buf_clear(&path);
    fst_buf_clear(&key);
    return st;
}

/* ---- in parts */

static uint64_t part_size(const struct large *l, const struct fst_transfer_item *item, unsigned part)
{
    uint64_t begin = part * l->part_bytes;
    return item->size - begin < l->part_bytes ? item->size - begin : l->part_bytes;
}

struct found_parts {
    struct large                   *l;
    const struct fst_transfer_item *item;
};

static enum fst_status note_found(void *ctx, unsigned number, uint64_t size, bool has_crc32, const struct fst_s3_part *part,
                                  struct fst_error *err)
{
    struct found_parts *f = ctx;

    if (number >= 1 && number <= f->l->count && has_crc32 && size == part_size(f->l, f->item, number - 1))
        f->l->synced.found[number - 1] = *part;
    return FST_OK;
}

/* Go on with an upload that broke off, when the service still knows it. Under the file's lock. */
static bool resume_synced(struct fst_transfer *t, struct fst_aws *a, struct large *l, const struct fst_transfer_item *item, struct fst_view key)
{
    struct found_parts f = { l, item };

    for (size_t i = 0; i < t->begun_count; i++) {
        struct begun *b = &t->begun[i];
        if (b->taken || !fst_view_is(key, b->key) || strlen(b->upload_id) >= FST_UPLOAD_ID_MAX)
            continue;
        if (fst_s3_list_parts(a, t->opts.bucket, key, b->upload_id, note_found, &f, NULL) != FST_OK)
            continue;
        b->taken = true;
        memcpy(l->synced.upload_id, b->upload_id, strlen(b->upload_id) + 1);
        return true;
    }
    return false;
}

/* The first part's sender begins the upload, the others wait for that. */
static enum fst_status begin_large(struct fst_transfer *t, struct fst_aws *a, struct large *l, const struct fst_transfer_item *item,
                                   struct fst_view key, struct fst_error *err)
{
    struct fst_s3_put put = { .bucket = t->opts.bucket, .key = key, .content_type = content_type(item->key), .sse = t->opts.sse };
    enum fst_status   st = FST_OK;

    pthread_mutex_lock(&l->lock);
    if (!l->synced.begun && !resume_synced(t, a, l, item, key))
        st = fst_s3_create_multipart(a, &put, l->synced.upload_id, err);
    l->synced.begun = !st;
    pthread_mutex_unlock(&l->lock);
    return st;
}

/* An answer that was lost makes a second Complete fail, though the object is there. */
static enum fst_status complete_large(struct fst_transfer *t, struct fst_aws *a, struct large *l, const struct fst_transfer_item *item,
                                      struct fst_view key, struct fst_error *err)
{
    struct fst_s3_put  put = { .bucket = t->opts.bucket, .key = key, .crc32 = item->crc32 };
    struct fst_s3_head head;
    enum fst_status    st = fst_s3_complete_multipart(a, &put, l->synced.upload_id, l->synced.parts, l->count, err);

    if (st == FST_ESERVICE && !strcmp(a->code, "NoSuchUpload") && !fst_s3_head(a, t->opts.bucket, key, &head, NULL) &&
        head.size == item->size && head.has_crc32 && head.crc32 == item->crc32)
        return FST_OK;
    return st;
}

static bool note_part(struct large *l, unsigned part, const struct fst_s3_part *done)
{
    bool last;

    pthread_mutex_lock(&l->lock);
    l->synced.parts[part] = *done;
    last = --l->synced.left == 0;
    pthread_mutex_unlock(&l->lock);
    return last;
}

static enum fst_status upload_part(struct fst_transfer *t, struct fst_aws *a, const struct unit *u, const struct range *r,
                                   struct fst_view key, struct fst_error *err)
{
    const struct fst_s3_part *found = &u->large->synced.found[u->part]; /* written before the upload counts as begun */
    struct fst_s3_part        done;
    struct fst_s3_put         put;
    enum fst_status           st = FST_OK;

    if (found->etag[0] && found->crc32 == r->crc32) {
        done = *found;
        if (t->opts.meter)
            t->opts.meter->bytes += r->size;
    } else {
        fill_put(t, r, key, &put);
        st = fst_s3_upload_part(a, &put, u->large->synced.upload_id, u->part + 1, &done, err);
    }
    if (st || !note_part(u->large, u->part, &done))
        return st;
    st = complete_large(t, a, u->large, u->item, key, err);
    if (!st)
        count_file(t, 0);
    return st;
}

static enum fst_status send_part(struct fst_transfer *t, struct fst_aws *a, const struct unit *u, struct fst_error *err)
{
    struct fst_buf  path, key;
    struct fst_view name;
    struct range    r = { .fd = -1, .offset = u->part * u->large->part_bytes, .size = part_size(u->large, u->item, u->part) };
    enum fst_status st;

    fst_buf_init(&path, PATH_CEILING);
    fst_buf_init(&key, PATH_CEILING);
    name = fst_transfer_key(t, u->item->key, &key);
    st = open_item(t, u->item, &path, &r.fd, err);
    if (!st)
        st = digest(t, &r, fst_buf_str(&path), err);
    if (!st)
        st = begin_large(t, a, u->large, u->item, name, err);
    if (!st)
        st = upload_part(t, a, u, &r, name, err);
    if (r.fd >= 0)
        close(r.fd);
    fst_buf_clear(&path);
    fst_buf_clear(&key);
    return st;
}

/* ---- all of it */

static enum fst_status send_task(void *ctx, size_t task, unsigned worker, struct fst_error *err)
{
    struct fst_transfer *t = ctx;
    struct unit         *u = &t->units[task];
    struct fst_aws      *a;
    enum fst_status      st = check_stop(t, err);

    if (!st)
        st = worker_client(t, worker, &a, err);
    if (st || u->large)
        return st ? st : send_part(t, a, u, err);
    st = send_whole(t, a, u->item, err);
    if (!st)
        count_file(t, 0);
    return st;
}

static bool init_large(struct large *l, const struct fst_transfer_item *item)
{
    l->part_bytes = PART_BYTES;
    while ((item->size + l->part_bytes - 1) / l->part_bytes > FST_PART_MAX)
        l->part_bytes *= 2;
    l->count = l->synced.left = (unsigned)((item->size + l->part_bytes - 1) / l->part_bytes);
    pthread_mutex_init(&l->lock, NULL);
    l->synced.parts = calloc(l->count, sizeof *l->synced.parts);
    l->synced.found = calloc(l->count, sizeof *l->synced.found);
    return l->synced.parts && l->synced.found;
}

static bool goes_in_parts(const struct fst_transfer_item *item)
{
    return !item->kept && item->size > WHOLE_MAX;
}

static enum fst_status plan(struct fst_transfer *t, struct fst_transfer_item *items, size_t count, struct fst_error *err)
{
    size_t units = 0, larges = 0;

    for (size_t i = 0; i < count; i++) {
        larges += goes_in_parts(&items[i]);
        units += goes_in_parts(&items[i]) ? (size_t)(items[i].size / PART_BYTES) + 1 : !items[i].kept;
    }
    t->larges = calloc(larges + 1, sizeof *t->larges);
    t->units = calloc(units + 1, sizeof *t->units);
    if (!t->larges || !t->units)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct large *l = goes_in_parts(&items[i]) ? &t->larges[t->large_count++] : NULL;
        if (l && !init_large(l, &items[i]))
            return fst_fail(err, FST_ENOMEM, "out of memory");
        for (unsigned part = 0; part < (l ? l->count : !items[i].kept); part++)
            t->units[t->unit_count++] = (struct unit){ &items[i], l, part };
    }
    return FST_OK;
}

static enum fst_status note_begun(void *ctx, struct fst_view key, struct fst_view upload_id, struct fst_error *err)
{
    struct fst_transfer *t = ctx;
    struct begun        *b;

    if (t->begun_count == t->begun_cap) {
        size_t cap = t->begun_cap ? 2 * t->begun_cap : 16;
        b = realloc(t->begun, cap * sizeof *b);
        if (!b)
            return fst_fail(err, FST_ENOMEM, "out of memory");
        t->begun = b;
        t->begun_cap = cap;
    }
    b = &t->begun[t->begun_count];
    *b = (struct begun){ strndup(key.p ? key.p : "", key.n), strndup(upload_id.p ? upload_id.p : "", upload_id.n), false };
    t->begun_count++;
    return b->key && b->upload_id ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

/* What was begun before. Who may not ask, or a service that cannot tell, has none. */
static enum fst_status find_begun(struct fst_transfer *t, struct fst_error *err)
{
    struct fst_buf  prefix;
    enum fst_status st;

    if (!t->large_count)
        return FST_OK;
    fst_buf_init(&prefix, PATH_CEILING);
    st = fst_s3_list_multiparts(t->clients[0], t->opts.bucket, fst_transfer_key(t, "", &prefix), note_begun, t, err);
    fst_buf_clear(&prefix);
    if (st == FST_ESERVICE) {
        *err = (struct fst_error){ 0 };
        st = FST_OK;
    }
    return st;
}

/* Uploads of the files just sent that nothing went on with would cost money for ever. */
static void abort_stale(struct fst_transfer *t)
{
    struct fst_buf key;

    fst_buf_init(&key, PATH_CEILING);
    for (size_t i = 0; i < t->unit_count; i++) {
        struct fst_view name = fst_transfer_key(t, t->units[i].item->key, &key);
        for (size_t j = 0; t->units[i].part == 0 && j < t->begun_count; j++)
            if (!t->begun[j].taken && fst_view_is(name, t->begun[j].key))
                t->begun[j].taken = fst_s3_abort_multipart(t->clients[0], t->opts.bucket, name, t->begun[j].upload_id, NULL) == FST_OK;
    }
    fst_buf_clear(&key);
}

enum fst_status fst_transfer_send(struct fst_transfer *t, struct fst_transfer_item *items, size_t count, struct fst_error *err)
{
    enum fst_status st = plan(t, items, count, err);

    if (!st)
        st = find_begun(t, err);
    if (!st)
        st = fst_run_tasks(t->unit_count, t->opts.connections, send_task, t, err);
    if (!st)
        abort_stale(t);
    clear_work(t);
    return st;
}
