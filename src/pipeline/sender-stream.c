/* Streams: what is made elsewhere, gathered into bodies. */
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/grow.h"
#include "pipeline/sender-private.h"

enum { FIRST_ROOM = 64 * 1024, PATH_CEILING = 64 * 1024 };

struct fst_stream {
    struct fst_object *object;
    char              *body;
    size_t             len, room;
    int                aside;       /* a file where the body's beginning is while memory is short; -1 */
    size_t             aside_bytes;
    unsigned           parts;       /* queued so far */
    bool               compared;    /* not sent */
};

enum fst_status fst_stream_open(struct fst_stream **out, struct fst_sender *s, const char *key, bool listed, struct fst_error *err)
{
    struct fst_stream *t = calloc(1, sizeof *t);
    enum fst_status    st = t ? fst_sender_check(s, err) : fst_fail(err, FST_ENOMEM, "out of memory");

    *out = NULL;
    if (!st)
        st = fst_object_new(&t->object, s, key, err);
    if (st) {
        free(t);
        return st;
    }
    t->object->listed = listed;
    t->aside = -1;
    *out = t;
    return FST_OK;
}

static void free_body(struct fst_stream *t)
{
    free(t->body);
    fst_sender_release(t->object->sender, t->room);
    t->body = NULL;
    t->len = t->room = 0;
}

void fst_stream_drop(struct fst_stream *t)
{
    free_body(t);
    if (t->aside >= 0)
        close(t->aside);
    fst_object_leave(t->object);
    free(t);
}

/* ---- room */

static enum fst_status resize(struct fst_stream *t, size_t room, struct fst_error *err)
{
    char *body = realloc(t->body, room);

    if (!body) {
        fst_sender_release(t->object->sender, room - t->room);
        return fst_fail(err, FST_ENOMEM, "out of memory");
    }
    t->body = body;
    t->room = room;
    return FST_OK;
}

static enum fst_status put_aside(struct fst_stream *t, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    if (t->aside < 0)
        st = fst_file_temp(&t->aside, t->object->sender->opts.tmp_dir, err);
    if (!st)
        st = fst_file_write_all(t->aside, t->body, t->len, "a temporary file", err);
    if (st)
        return st;
    t->aside_bytes += t->len;
    t->len = 0;
    return FST_OK;
}

/* Room for at least a byte more. */
static enum fst_status make_room(struct fst_stream *t, struct fst_error *err)
{
    struct fst_sender *s = t->object->sender;
    size_t             room = t->room ? 2 * t->room : FIRST_ROOM, most = (size_t)s->part_bytes - t->aside_bytes;

    if (room > most)
        room = most;
    if (room > t->room && fst_sender_reserve(s, room - t->room, t->room == 0))
        return resize(t, room, err);
    return put_aside(t, err);
}

/* The body in one piece again. */
static enum fst_status take_back(struct fst_stream *t, struct fst_error *err)
{
    size_t          aside = t->aside_bytes;
    enum fst_status st;

    if (!aside)
        return FST_OK;
    if (t->room < aside + t->len) {
        (void)fst_sender_reserve(t->object->sender, aside + t->len - t->room, true);
        st = resize(t, aside + t->len, err);
        if (st)
            return st;
    }
    memmove(t->body + aside, t->body, t->len);
    if (pread(t->aside, t->body, aside, 0) != (ssize_t)aside || lseek(t->aside, 0, SEEK_SET) != 0)
        return fst_fail(err, FST_EIO, "a temporary file could not be read back");
    t->aside_bytes = 0;
    t->len += aside;
    return FST_OK;
}

/* ---- bodies */

static struct fst_unit take_body(struct fst_stream *t, enum fst_unit_kind kind)
{
    struct fst_unit unit = { .kind = kind, .part = t->parts, .body = t->body, .size = t->len, .room = t->room };

    t->body = NULL;
    t->len = t->room = 0;
    return unit;
}

/* The first part is full: what is there already, and so large, is not sent but compared. */
static enum fst_status choose(struct fst_stream *t, struct fst_error *err)
{
    struct fst_object *o = t->object;
    enum fst_status    st;

    if (!o->listed)
        return FST_OK;
    pthread_mutex_lock(&o->sender->client_lock);
    st = fst_same_begin(&o->same, o->sender->client, o->sender->opts.bucket, fst_view_of(o->key), &t->compared, err);
    pthread_mutex_unlock(&o->sender->client_lock);
    return st;
}

static enum fst_status end_part(struct fst_stream *t, struct fst_error *err)
{
    struct fst_unit unit;
    enum fst_status st = take_back(t, err);

    if (!st && !t->parts && !t->compared)
        st = choose(t, err);
    if (st)
        return st;
    if (t->compared) {
        fst_same_add(&t->object->same, fst_view_n(t->body, t->len));
        t->len = 0;
        return FST_OK;
    }
    unit = take_body(t, FST_UNIT_PART);
    t->parts++;
    st = fst_object_grow(t->object, t->parts, err);
    if (!st)
        return fst_object_queue(t->object, unit, err);
    free(unit.body);
    fst_sender_release(t->object->sender, unit.room);
    return st;
}

enum fst_status fst_stream_write(struct fst_stream *t, struct fst_view bytes, struct fst_error *err)
{
    enum fst_status st = fst_sender_check(t->object->sender, err);

    while (!st && bytes.n) {
        size_t some, left;
        if (t->aside_bytes + t->len == t->object->sender->part_bytes)
            st = end_part(t, err);
        else if (t->len == t->room)
            st = make_room(t, err);
        if (st)
            break;
        left = (size_t)t->object->sender->part_bytes - t->aside_bytes - t->len;
        some = t->room - t->len < left ? t->room - t->len : left;
        some = some < bytes.n ? some : bytes.n;
        if (some)
            memcpy(t->body + t->len, bytes.p, some);
        t->len += some;
        bytes = fst_view_from(bytes, some);
    }
    return st;
}

static enum fst_status note_again(struct fst_sender *s, const char *key, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    pthread_mutex_lock(&s->lock);
    if (!fst_grow(&s->synced.again, s->synced.again_count, &s->synced.again_cap, sizeof *s->synced.again) ||
        !(s->synced.again[s->synced.again_count] = strdup(key)))
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    s->synced.again_count += !st;
    pthread_mutex_unlock(&s->lock);
    return st;
}

static enum fst_status close_compared(struct fst_stream *t, struct fst_error *err)
{
    struct fst_object *o = t->object;
    uint64_t           size;
    enum fst_status    st = take_back(t, err);

    if (st)
        return st;
    fst_same_add(&o->same, fst_view_n(t->body, t->len));
    size = o->same.bytes;
    if (!fst_same_end(&o->same))
        return note_again(o->sender, o->key, err);
    fst_sender_count(o->sender, true, size);
    return FST_OK;
}

enum fst_status fst_stream_close(struct fst_stream *t, uint32_t crc32, struct fst_error *err)
{
    struct fst_object *o = t->object;
    enum fst_status    st;

    o->crc32 = crc32;
    o->crc_known = true;
    if (t->compared) {
        st = close_compared(t, err);
    } else if (!t->parts) {
        st = take_back(t, err);
        if (!st)
            st = fst_object_queue(o, take_body(t, FST_UNIT_WHOLE), err);
    } else {
        st = t->len + t->aside_bytes ? end_part(t, err) : FST_OK;
        if (!st)
            st = fst_object_close(o, err);
    }
    fst_stream_drop(t);
    return st;
}

/* ---- what has to come again */

size_t fst_sender_again_count(struct fst_sender *s)
{
    size_t count;

    pthread_mutex_lock(&s->lock);
    count = s->synced.again_count;
    pthread_mutex_unlock(&s->lock);
    return count;
}

bool fst_sender_again(struct fst_sender *s, const char *key)
{
    struct fst_buf whole;
    bool           found = false;

    fst_buf_init(&whole, PATH_CEILING);
    fst_sender_key(s, key, &whole);
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->synced.again_count && !found; i++) {
        found = !strcmp(s->synced.again[i], whole.p);
        if (found) {
            free(s->synced.again[i]);
            s->synced.again[i] = s->synced.again[--s->synced.again_count];
        }
    }
    pthread_mutex_unlock(&s->lock);
    fst_buf_clear(&whole);
    return found;
}
