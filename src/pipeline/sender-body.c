/* What a unit sends: taken from its stream, or read from its file. What the processor's cache holds is read once; of a larger
 * one the sums are made first, since they go before it, and it is read again on its way out. Where they may go behind it
 * that is the only time. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "pipeline/sender-private.h"

enum { FILE_ROOM = 2 * FST_SENDER_HOT /* the worker's, and the connection's own */ };

enum fst_status fst_object_changed(const struct fst_object *o, const char *what, struct fst_error *err)
{
    fst_fail(err, FST_EIO, "%s: %s", o->path ? o->path : o->key, what);
    fst_error_hint(err, "it was changed after it was prepared: prepare again");
    return FST_EIO;
}

enum fst_status fst_object_check(const struct fst_object *o, uint32_t crc32, struct fst_error *err)
{
    return o->crc_known && crc32 != o->crc32 ? fst_object_changed(o, "its bytes are not those that the manifest names", err) : FST_OK;
}

/* ---- bytes */

static enum fst_status open_file(struct fst_payload *p, const struct fst_unit *u, struct fst_worker *w, struct fst_error *err)
{
    int             fd = open(p->object->path, O_RDONLY | O_CLOEXEC);
    enum fst_status st;

    if (fd < 0)
        return fst_fail_errno(err, "%s", p->object->path);
    p->body = (struct fst_body){ .n = u->size, .fd = fd, .offset = u->offset, .name = p->object->path };
    p->opened = true;
    if (u->size > FST_SENDER_HOT)
        return FST_OK;
    if (!w->hot && !(w->hot = malloc(FST_SENDER_HOT)))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    st = fst_body_read(&p->body, 0, w->hot, u->size, err);
    fst_payload_clear(p);
    p->body = fst_body_of(fst_view_n(w->hot, u->size));
    return st;
}

enum fst_status fst_payload_open(struct fst_payload *p, struct fst_unit *u, struct fst_worker *w, struct fst_error *err)
{
    *p = (struct fst_payload){ .object = u->object, .sum.kind = u->object->sender->opts.guard.sum,
                               .whole = u->kind == FST_UNIT_WHOLE, .body = fst_body_of(fst_view_n(u->body, u->size)) };
    if (u->body || !u->size)
        return FST_OK;
    fst_sender_reserve_unit(u->object->sender, u, FILE_ROOM);
    return open_file(p, u, w, err);
}

void fst_payload_clear(struct fst_payload *p)
{
    if (p->opened)
        close(p->body.fd);
    p->opened = false;
}

/* ---- sums */

static void begin(void *ctx)
{
    struct fst_payload *p = ctx;
    p->sum.value = 0;
    p->crc32 = 0;
}

static void add(void *ctx, struct fst_view bytes)
{
    struct fst_payload *p = ctx;

    fst_s3_sum_add(&p->sum, bytes);
    p->crc32 = p->sum.kind == FST_S3_SUM_CRC32 ? (uint32_t)p->sum.value : fst_crc32(p->crc32, bytes.p, bytes.n);
    if (p->digest.state)
        fst_digest_add(&p->digest, bytes.p, bytes.n);
}

static enum fst_status end(void *ctx, struct fst_s3_sum *sum, struct fst_error *err)
{
    struct fst_payload *p = ctx;

    *sum = p->sum;
    return p->whole ? fst_object_check(p->object, p->crc32, err) : FST_OK;
}

enum fst_status fst_payload_sum(struct fst_payload *p, struct fst_error *err)
{
    const struct fst_s3_guard *guard = &p->object->sender->opts.guard;
    enum fst_status            st;

    begin(p);
    p->hashed = !guard->unsigned_payload && !(guard->trailer && guard->sum);
    if (p->hashed && fst_digest_init(&p->digest, FST_SHA256))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    st = fst_body_each(&p->body, add, p, err);
    if (p->hashed)
        fst_digest_finish(&p->digest, p->sha256);
    p->summed = !st;
    return st ? st : end(p, &p->sum, err);
}

bool fst_payload_may_be_late(const struct fst_payload *p)
{
    const struct fst_s3_guard *guard = &p->object->sender->opts.guard;
    return guard->trailer && guard->unsigned_payload && guard->sum;
}

/* ---- requests */

static const char *content_type(const char *key)
{
    size_t n = strlen(key);
    return n > 7 && !strcmp(key + n - 7, ".ndjson") ? "application/fhir+ndjson" : "application/json";
}

struct fst_s3_put fst_payload_put(struct fst_payload *p)
{
    const struct fst_sender_opts *s = &p->object->sender->opts;

    p->late = (struct fst_s3_late){ begin, add, end, p };
    return (struct fst_s3_put){ .bucket = s->bucket, .key = fst_view_of(p->object->key), .body = p->body, .sum = p->sum,
                                .late = p->summed ? NULL : &p->late, .sha256 = p->hashed ? p->sha256 : NULL,
                                .sent = s->meter && s->counts ? &s->meter->bytes : NULL, .content_type = content_type(p->object->key),
                                .storing = &s->storing, .trailer = s->guard.trailer, .unsigned_payload = s->guard.unsigned_payload };
}
