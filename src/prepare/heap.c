#include "prepare/heap.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

enum { EXTENT = 16 * 1024, CACHED = 16 };

/* An item is its length, then its bytes; none crosses an extent. A handle is its place in the file. */
struct writer {
    uint8_t *bytes; /* one extent */
    size_t   used;
    uint64_t at;    /* where the extent belongs */
};

struct fst_heap {
    struct writer  *writers;
    unsigned        writer_count;
    const char     *tmp_dir;
    pthread_mutex_t lock;
    struct {
        int      fd;
        uint64_t end;
    } synced;
};

struct fst_heap_extent {
    uint64_t at;
    bool     loaded;
    uint8_t *bytes;
};

enum fst_status fst_heap_new(struct fst_heap **out, unsigned writers, const char *tmp_dir, struct fst_error *err)
{
    struct fst_heap *h = calloc(1, sizeof *h);

    *out = h;
    if (!h)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    pthread_mutex_init(&h->lock, NULL);
    h->writers = calloc(writers, sizeof *h->writers);
    h->writer_count = h->writers ? writers : 0;
    h->tmp_dir = tmp_dir;
    h->synced.fd = -1;
    if (h->writers)
        return FST_OK;
    fst_heap_free(h);
    *out = NULL;
    return fst_fail(err, FST_ENOMEM, "out of memory");
}

void fst_heap_free(struct fst_heap *h)
{
    if (!h)
        return;
    for (unsigned i = 0; i < h->writer_count; i++)
        free(h->writers[i].bytes);
    if (h->synced.fd >= 0)
        close(h->synced.fd);
    pthread_mutex_destroy(&h->lock);
    free(h->writers);
    free(h);
}

static enum fst_status write_extent(struct fst_heap *h, struct writer *w, struct fst_error *err)
{
    size_t done = 0;
    while (done < w->used) {
        ssize_t k = pwrite(h->synced.fd, w->bytes + done, w->used - done, (off_t)(w->at + done));
        if (k < 0)
            return fst_fail_errno(err, "temporary file");
        done += (size_t)k;
    }
    return FST_OK;
}

/* Write the extent out and begin the next. */
static enum fst_status next_extent(struct fst_heap *h, struct writer *w, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    if (!w->bytes)
        w->bytes = malloc(EXTENT);
    if (!w->bytes)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    pthread_mutex_lock(&h->lock);
    if (h->synced.fd < 0)
        st = fst_file_temp(&h->synced.fd, h->tmp_dir, err);
    pthread_mutex_unlock(&h->lock);
    if (!st)
        st = write_extent(h, w, err);
    pthread_mutex_lock(&h->lock);
    w->at = h->synced.end;
    h->synced.end += EXTENT;
    pthread_mutex_unlock(&h->lock);
    w->used = 0;
    return st;
}

enum fst_status fst_heap_add(struct fst_heap *h, unsigned writer, struct fst_view item, uint64_t *handle, struct fst_error *err)
{
    struct writer  *w = &h->writers[writer];
    enum fst_status st = FST_OK;

    if (!w->bytes || w->used + 1 + item.n > EXTENT)
        st = next_extent(h, w, err);
    if (st)
        return st;
    *handle = w->at + w->used;
    w->bytes[w->used++] = (uint8_t)item.n;
    if (item.n)
        memcpy(w->bytes + w->used, item.p, item.n);
    w->used += item.n;
    return FST_OK;
}

enum fst_status fst_heap_finish(struct fst_heap *h, struct fst_error *err)
{
    enum fst_status st = FST_OK;
    for (unsigned i = 0; i < h->writer_count && !st; i++) {
        if (h->writers[i].bytes)
            st = write_extent(h, &h->writers[i], err);
        free(h->writers[i].bytes);
        h->writers[i].bytes = NULL;
    }
    return st;
}

void fst_heap_reader_clear(struct fst_heap_reader *r)
{
    for (size_t i = 0; r->extents && i < CACHED; i++)
        free(r->extents[i].bytes);
    free(r->extents);
    *r = (struct fst_heap_reader){ 0 };
}

static enum fst_status load_extent(struct fst_heap_reader *r, uint64_t at, struct fst_heap_extent *e, struct fst_error *err)
{
    size_t have = 0;

    if (!e->bytes)
        e->bytes = malloc(EXTENT);
    if (!e->bytes)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    e->loaded = false;
    while (have < EXTENT) { /* the last extent of a writer may be shorter, and the file end in it */
        ssize_t k = pread(r->heap->synced.fd, e->bytes + have, EXTENT - have, (off_t)(at + have));
        if (k < 0)
            return fst_fail_errno(err, "temporary file");
        if (!k)
            break;
        have += (size_t)k;
    }
    memset(e->bytes + have, 0, EXTENT - have);
    e->at = at;
    e->loaded = true;
    return FST_OK;
}

enum fst_status fst_heap_read(struct fst_heap_reader *r, uint64_t handle, uint8_t *out, size_t *len, struct fst_error *err)
{
    uint64_t                at = handle / EXTENT * EXTENT;
    struct fst_heap_extent *e;
    enum fst_status         st = FST_OK;

    if (!r->extents)
        r->extents = calloc(CACHED, sizeof *r->extents);
    if (!r->extents)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    e = &r->extents[at / EXTENT % CACHED];
    if (!e->loaded || e->at != at)
        st = load_extent(r, at, e, err);
    if (st)
        return st;
    *len = e->bytes[handle - at];
    memcpy(out, e->bytes + (handle - at) + 1, *len);
    return FST_OK;
}
