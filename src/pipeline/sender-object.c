/* What a unit does: send an object whole, or a part of it, or look whether it is there already. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/grow.h"
#include "pipeline/sender-private.h"

enum { PATH_CEILING = 64 * 1024, STEP_BYTES = 1 << 20 /* between looks whether to stop */ };

/* ---- the object */

enum fst_status fst_object_new(struct fst_object **out, struct fst_sender *s, const char *key, struct fst_error *err)
{
    struct fst_object *o = calloc(1, sizeof *o);
    struct fst_buf     whole;

    *out = NULL;
    fst_buf_init(&whole, PATH_CEILING);
    if (o) {
        o->sender = s;
        o->synced.left = 1;
        pthread_mutex_init(&o->lock, NULL);
        fst_sender_key(s, key, &whole);
        o->key = fst_buf_take(&whole, NULL);
    }
    fst_buf_clear(&whole);
    if (o && o->key) {
        *out = o;
        return FST_OK;
    }
    fst_object_free(o);
    return fst_fail(err, FST_ENOMEM, "out of memory");
}

void fst_object_free(struct fst_object *o)
{
    if (!o)
        return;
    fst_same_clear(&o->same);
    pthread_mutex_destroy(&o->lock);
    free(o->key);
    free(o->path);
    free(o->synced.upload_id);
    free(o->synced.parts);
    free(o->synced.found);
    free(o);
}

void fst_object_leave(struct fst_object *o)
{
    bool last;

    pthread_mutex_lock(&o->lock);
    last = --o->synced.left == 0;
    pthread_mutex_unlock(&o->lock);
    if (last)
        fst_object_free(o);
}

enum fst_status fst_object_queue(struct fst_object *o, struct fst_unit unit, struct fst_error *err)
{
    enum fst_status st;

    unit.object = o;
    pthread_mutex_lock(&o->lock);
    o->synced.left++;
    pthread_mutex_unlock(&o->lock);
    st = fst_sender_queue(o->sender, &unit, err);
    if (st) { /* nobody took it */
        fst_sender_release(o->sender, unit.room);
        free(unit.body);
        fst_object_leave(o);
    }
    return st;
}

static enum fst_status grow(struct fst_sent_part **parts, unsigned *cap, unsigned need, struct fst_error *err)
{
    unsigned              longer = *cap ? *cap : 16;
    struct fst_sent_part *grown;

    if (need <= *cap)
        return FST_OK;
    while (longer < need)
        longer *= 2;
    grown = realloc(*parts, longer * sizeof *grown);
    if (!grown)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    memset(grown + *cap, 0, (longer - *cap) * sizeof *grown);
    *parts = grown;
    *cap = longer;
    return FST_OK;
}

enum fst_status fst_object_grow(struct fst_object *o, unsigned parts, struct fst_error *err)
{
    enum fst_status st;

    if (parts > FST_PART_MAX)
        return fst_fail(err, FST_ELIMIT, "s3://%.*s/%s: larger than %d parts may be", FST_VIEW_ARGS(o->sender->opts.bucket), o->key, FST_PART_MAX);
    pthread_mutex_lock(&o->lock);
    st = grow(&o->synced.parts, &o->synced.cap, parts, err);
    if (!st)
        o->synced.count = parts;
    pthread_mutex_unlock(&o->lock);
    return st;
}

/* ---- whole */

static struct fst_view key_of(const struct fst_object *o)
{
    return fst_view_of(o->key);
}

static void add_same(void *ctx, struct fst_view bytes)
{
    fst_same_add(ctx, bytes);
}

static enum fst_status is_kept(const struct fst_object *o, struct fst_aws *a, const struct fst_body *body, bool *kept, struct fst_error *err)
{
    struct fst_same same = { 0 };
    enum fst_status st = FST_OK;

    *kept = false;
    if (o->listed)
        st = fst_same_begin(&same, a, o->sender->opts.bucket, key_of(o), kept, err);
    if (!st && *kept) {
        st = fst_body_each(body, add_same, &same, err);
        *kept = fst_same_end(&same) && !st;
    }
    fst_same_clear(&same);
    return st;
}

static enum fst_status send_whole(struct fst_unit *u, struct fst_worker *w, struct fst_error *err)
{
    struct fst_object *o = u->object;
    struct fst_payload payload;
    struct fst_s3_put  put;
    bool               kept = false;
    enum fst_status    st = fst_payload_open(&payload, u, w, err);

    if (!st && (o->listed || !fst_payload_may_be_late(&payload)))
        st = fst_payload_sum(&payload, err);
    if (!st)
        st = is_kept(o, w->aws, &payload.body, &kept, err);
    if (!st && !kept)
        st = fst_sender_before_write(o->sender, err);
    put = fst_payload_put(&payload);
    if (!st && !kept)
        st = fst_s3_put(w->aws, &put, err);
    if (!st)
        fst_sender_count(o->sender, kept, u->size);
    fst_payload_clear(&payload);
    return st;
}

/* ---- in parts */

static enum fst_status note_begun(void *ctx, struct fst_view key, struct fst_view upload_id, struct fst_error *err)
{
    struct fst_sender *s = ctx;
    struct fst_begun  *b;

    if (!fst_grow(&s->begun, s->begun_count, &s->begun_cap, sizeof *s->begun))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    b = &s->begun[s->begun_count];
    *b = (struct fst_begun){ strndup(key.p ? key.p : "", key.n), strndup(upload_id.p ? upload_id.p : "", upload_id.n), false };
    s->begun_count++;
    return b->key && b->upload_id ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

void fst_sender_clear_begun(struct fst_sender *s)
{
    for (size_t i = 0; i < s->begun_count; i++) {
        free(s->begun[i].key);
        free(s->begun[i].upload_id);
    }
    free(s->begun);
    s->begun = NULL;
    s->begun_count = s->begun_cap = 0;
    s->begun_known = false;
}

/* What was begun before. Who may not ask, or a service that cannot tell, has none. Under begun_lock. */
static enum fst_status find_begun(struct fst_sender *s, struct fst_aws *a, struct fst_error *err)
{
    struct fst_error own = { 0 };
    struct fst_buf   prefix;
    enum fst_status  st;

    if (s->begun_known)
        return FST_OK;
    fst_buf_init(&prefix, PATH_CEILING);
    st = fst_s3_list_multiparts(a, s->opts.bucket, fst_sender_key(s, "", &prefix), note_begun, s, &own);
    fst_buf_clear(&prefix);
    s->begun_known = !st || st == FST_ESERVICE;
    if (st && st != FST_ESERVICE && err)
        *err = own;
    return s->begun_known ? FST_OK : st;
}

struct found_parts {
    struct fst_object *o;
    bool               any; /* that can be checked */
};

static enum fst_status note_found(void *ctx, unsigned number, uint64_t size, const struct fst_s3_part *part, struct fst_error *err)
{
    struct found_parts *f = ctx;
    struct fst_object  *o = f->o;
    enum fst_status     st;

    if (!number || number > FST_PART_MAX || !part->etag[0] || !part->sum.kind || part->sum.kind != o->sender->opts.guard.sum)
        return FST_OK;
    st = grow(&o->synced.found, &o->synced.found_cap, number, err);
    if (!st)
        o->synced.found[number - 1] = (struct fst_sent_part){ .part = *part, .size = size };
    f->any |= !st;
    return st;
}

/* Go on with an upload that broke off, when the service still knows it and can say what its parts are. */
static bool resume_synced(struct fst_object *o, struct fst_aws *a)
{
    struct fst_sender *s = o->sender;
    struct found_parts f = { o, false };

    for (size_t i = 0; i < s->begun_count && !f.any; i++) {
        struct fst_begun *b = &s->begun[i];
        if (b->taken || strcmp(o->key, b->key) || fst_s3_list_parts(a, s->opts.bucket, key_of(o), b->upload_id, note_found, &f, NULL) || !f.any)
            continue;
        o->synced.upload_id = strdup(b->upload_id);
        b->taken = o->synced.upload_id != NULL;
    }
    return o->synced.upload_id != NULL;
}

static enum fst_status create(struct fst_object *o, struct fst_aws *a, struct fst_error *err)
{
    char               id[FST_UPLOAD_ID_MAX];
    struct fst_payload none = { .object = o, .sum.kind = o->sender->opts.guard.sum };
    struct fst_s3_put  put = fst_payload_put(&none);
    enum fst_status    st = fst_sender_before_write(o->sender, err);

    if (!st)
        st = fst_s3_create_multipart(a, &put, id, err);
    if (st)
        return st;
    o->synced.upload_id = strdup(id);
    return o->synced.upload_id ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

/* The first part's sender begins the upload, the others wait for that. */
static enum fst_status begin(struct fst_object *o, struct fst_aws *a, struct fst_error *err)
{
    bool            resumed = false;
    enum fst_status st = FST_OK;

    pthread_mutex_lock(&o->lock);
    if (!o->synced.begun) {
        pthread_mutex_lock(&o->sender->begun_lock);
        st = find_begun(o->sender, a, err);
        if (!st)
            resumed = resume_synced(o, a);
        pthread_mutex_unlock(&o->sender->begun_lock);
        if (!st && !resumed)
            st = create(o, a, err);
        o->synced.begun = !st;
    }
    pthread_mutex_unlock(&o->lock);
    return st;
}

/* The whole's checksum from its parts'. */
static struct fst_s3_sum join_sums(const struct fst_object *o, enum fst_s3_sum_kind kind, uint32_t *crc32, uint64_t *size)
{
    struct fst_s3_sum sum = { .kind = kind };

    *crc32 = 0;
    *size = 0;
    for (unsigned i = 0; i < o->synced.count; i++) {
        const struct fst_sent_part *p = &o->synced.parts[i];
        if (kind)
            sum.value = fst_crc_combine(fst_s3_sum_crc(kind), sum.value, p->part.sum.value, p->size);
        *crc32 = (uint32_t)fst_crc_combine(FST_CRC32, *crc32, p->crc32, p->size);
        *size += p->size;
    }
    return sum;
}

/* An answer that was lost makes a second Complete fail, though the object is there. */
static bool completed_before(const struct fst_object *o, struct fst_aws *a, uint64_t size, const struct fst_s3_sum *sum)
{
    struct fst_s3_head head;
    return !strcmp(a->code, "NoSuchUpload") && !fst_s3_head(a, o->sender->opts.bucket, key_of(o), &head, NULL) && head.size == size &&
           sum->kind && fst_s3_sum_equal(&head.sum, sum);
}

static enum fst_status complete(struct fst_object *o, struct fst_aws *a, struct fst_error *err)
{
    struct fst_s3_put   put = { .bucket = o->sender->opts.bucket, .key = key_of(o) };
    struct fst_s3_part *parts = calloc(o->synced.count, sizeof *parts);
    uint64_t            size;
    uint32_t            crc32;
    enum fst_status     st;

    if (!parts)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (unsigned i = 0; i < o->synced.count; i++)
        parts[i] = o->synced.parts[i].part;
    put.sum = join_sums(o, o->sender->opts.guard.sum, &crc32, &size);
    st = fst_object_check(o, crc32, err);
    if (!st)
        st = fst_s3_complete_multipart(a, &put, o->synced.upload_id, parts, o->synced.count, err);
    if (st == FST_ESERVICE && completed_before(o, a, size, &put.sum))
        st = FST_OK;
    free(parts);
    if (!st)
        fst_sender_count(o->sender, false, size);
    return st;
}

/* True for the one who finds that all is there. */
static bool note_part(struct fst_object *o, unsigned part, const struct fst_sent_part *done)
{
    bool all;

    pthread_mutex_lock(&o->lock);
    o->synced.parts[part] = *done;
    o->synced.done++;
    all = o->synced.closed && o->synced.done == o->synced.count;
    pthread_mutex_unlock(&o->lock);
    return all;
}

/* What an earlier run sent of this part. Written before the upload counts as begun. */
static const struct fst_sent_part *found_part(const struct fst_unit *u)
{
    const struct fst_object *o = u->object;
    const struct fst_sent_part *f = u->part < o->synced.found_cap ? &o->synced.found[u->part] : NULL;
    return f && f->part.etag[0] && f->size == u->size ? f : NULL;
}

static enum fst_status put_part(struct fst_unit *u, struct fst_aws *a, struct fst_payload *p, struct fst_sent_part *done, struct fst_error *err)
{
    const struct fst_sent_part *found = found_part(u);
    struct fst_s3_put           put;
    enum fst_status             st = FST_OK;

    if (found || !fst_payload_may_be_late(p))
        st = fst_payload_sum(p, err);
    if (st)
        return st;
    put = fst_payload_put(p);
    if (!found || !fst_s3_sum_equal(&found->part.sum, &put.sum))
        return fst_s3_upload_part(a, &put, u->object->synced.upload_id, u->part + 1, &done->part, err);
    done->part = found->part;
    if (put.sent)
        *put.sent += u->size;
    return FST_OK;
}

static enum fst_status send_part(struct fst_unit *u, struct fst_worker *w, struct fst_error *err)
{
    struct fst_object   *o = u->object;
    struct fst_sent_part done = { .size = u->size };
    struct fst_payload   payload;
    enum fst_status      st = fst_payload_open(&payload, u, w, err);

    if (!st)
        st = begin(o, w->aws, err);
    if (!st)
        st = put_part(u, w->aws, &payload, &done, err);
    done.crc32 = payload.crc32;
    fst_payload_clear(&payload);
    if (st || !note_part(o, u->part, &done))
        return st;
    return complete(o, w->aws, err);
}

enum fst_status fst_object_close(struct fst_object *o, struct fst_error *err)
{
    bool all;

    pthread_mutex_lock(&o->lock);
    o->synced.closed = true;
    all = o->synced.done == o->synced.count;
    pthread_mutex_unlock(&o->lock);
    return all ? fst_object_queue(o, (struct fst_unit){ .kind = FST_UNIT_COMPLETE }, err) : FST_OK;
}

/* ---- large files: is it there, else in parts */

static enum fst_status compare_bytes(const struct fst_object *o, struct fst_same *same, struct fst_error *err)
{
    struct fst_body body = { .fd = open(o->path, O_RDONLY | O_CLOEXEC), .name = o->path };
    enum fst_status st = body.fd < 0 ? fst_fail_errno(err, "%s", o->path) : FST_OK;

    for (uint64_t left = o->size; left && !st; left -= body.n, body.offset += body.n) {
        body.n = left < STEP_BYTES ? (size_t)left : STEP_BYTES;
        st = fst_body_each(&body, add_same, same, err);
        if (!st)
            st = fst_sender_check(o->sender, err);
    }
    if (body.fd >= 0)
        close(body.fd);
    return st;
}

static enum fst_status queue_parts(struct fst_object *o, struct fst_error *err)
{
    uint64_t        step = o->sender->part_bytes;
    unsigned        count = (unsigned)((o->size + step - 1) / step);
    enum fst_status st = fst_object_grow(o, count, err);

    for (unsigned i = 0; i < count && !st; i++) {
        uint64_t at = i * step;
        st = fst_object_queue(o, (struct fst_unit){ .kind = FST_UNIT_PART, .part = i, .offset = at,
                                                    .size = (size_t)(o->size - at < step ? o->size - at : step) }, err);
    }
    return st ? st : fst_object_close(o, err);
}

static enum fst_status compare_file(struct fst_unit *u, struct fst_aws *a, struct fst_error *err)
{
    struct fst_object *o = u->object;
    struct fst_same    same = { 0 };
    bool               kept = false;
    enum fst_status    st = FST_OK;

    if (o->listed)
        st = fst_same_begin(&same, a, o->sender->opts.bucket, key_of(o), &kept, err);
    if (!st && kept && o->crc_known && !o->touched && fst_same_by_crc32(&same)) {
        kept = same.head.size == o->size && same.head.sum.value == o->crc32;
        fst_same_clear(&same);
    } else if (!st && kept) {
        st = compare_bytes(o, &same, err);
        kept = fst_same_end(&same) && !st;
    }
    fst_same_clear(&same);
    if (!st && kept)
        fst_sender_count(o->sender, true, o->size);
    return st || kept ? st : queue_parts(o, err);
}

enum fst_status fst_sender_file(struct fst_sender *s, const struct fst_sender_file *f, struct fst_error *err)
{
    struct fst_object *o;
    struct fst_unit    unit = { .kind = f->size > s->part_bytes ? FST_UNIT_COMPARE : FST_UNIT_WHOLE };
    enum fst_status    st = fst_sender_check(s, err);

    if (!st)
        st = fst_object_new(&o, s, f->key, err);
    if (st)
        return st;
    o->path = strdup(f->path);
    o->size = f->size;
    o->crc32 = f->crc32;
    o->crc_known = f->crc_known;
    o->listed = f->listed;
    o->touched = f->touched;
    if (unit.kind == FST_UNIT_WHOLE)
        unit.size = (size_t)f->size;
    st = o->path ? fst_object_queue(o, unit, err) : fst_fail(err, FST_ENOMEM, "out of memory");
    fst_object_leave(o);
    return st;
}

/* ---- reading back */

struct reading {
    uint64_t size;
    uint32_t crc32;
};

static bool take_bytes(void *ctx, const char *p, size_t n)
{
    struct reading *r = ctx;
    r->crc32 = fst_crc32(r->crc32, p, n);
    r->size += n;
    return true;
}

enum { READ_TRIES = 3 };

static enum fst_status verify(struct fst_unit *u, struct fst_aws *a, struct fst_error *err)
{
    struct fst_object *o = u->object;
    struct reading     r;
    enum fst_status    st = FST_ENET;

    for (int i = 0; i < READ_TRIES && st == FST_ENET; i++) { /* a sink cannot begin again by itself */
        r = (struct reading){ 0 };
        st = fst_s3_get(a, o->sender->opts.bucket, key_of(o), take_bytes, &r, err);
    }
    if (st || (r.size == o->size && r.crc32 == o->crc32))
        return st;
    fst_fail(err, FST_EIO, "s3://%.*s/%s: what was read back is not what was sent", FST_VIEW_ARGS(o->sender->opts.bucket), o->key);
    fst_error_hint(err, "delete it, and run the same command again");
    return FST_EIO;
}

enum fst_status fst_sender_verify(struct fst_sender *s, const char *key, uint64_t size, uint32_t crc32, struct fst_error *err)
{
    struct fst_object *o;
    enum fst_status    st = fst_sender_check(s, err);

    if (!st)
        st = fst_object_new(&o, s, key, err);
    if (st)
        return st;
    o->size = size;
    o->crc32 = crc32;
    st = fst_object_queue(o, (struct fst_unit){ .kind = FST_UNIT_VERIFY }, err);
    fst_object_leave(o);
    return st;
}

/* ---- */

enum fst_status fst_unit_do(struct fst_unit *u, struct fst_worker *w, struct fst_error *err)
{
    switch (u->kind) {
    case FST_UNIT_WHOLE: return send_whole(u, w, err);
    case FST_UNIT_PART: return send_part(u, w, err);
    case FST_UNIT_COMPLETE: return complete(u->object, w->aws, err);
    case FST_UNIT_COMPARE: return compare_file(u, w->aws, err);
    case FST_UNIT_VERIFY: break;
    }
    return verify(u, w->aws, err);
}

void fst_sender_abort_stale(struct fst_sender *s, const char *folder)
{
    struct fst_buf  prefix;
    struct fst_view under;

    fst_buf_init(&prefix, PATH_CEILING);
    under = fst_sender_key(s, folder, &prefix);
    pthread_mutex_lock(&s->begun_lock);
    fst_sender_clear_begun(s); /* listed anew: a Create whose answer was lost began one too */
    if (!find_begun(s, s->client, NULL))
        for (size_t i = 0; i < s->begun_count; i++)
            if (fst_view_starts(fst_view_of(s->begun[i].key), under.p))
                s->begun[i].taken = !fst_s3_abort_multipart(s->client, s->opts.bucket, fst_view_of(s->begun[i].key), s->begun[i].upload_id, NULL);
    pthread_mutex_unlock(&s->begun_lock);
    fst_buf_clear(&prefix);
}
