#include "prepare/index.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/grow.h"
#include "prepare/sort.h"

enum {
    FAN_IN = 128,                 /* runs merged at once */
    MIN_BLOCK = 128,              /* records: 4 KiB */
    CACHED_BLOCKS = 32,           /* a reader */
    MAX_SPARSE = 4 * 1024 * 1024, /* bytes of the sparse index */
    MIN_WRITER = 64               /* records a writer holds at least */
};

struct run {
    uint64_t first, count; /* records, in the runs' file */
};

struct buffer {
    struct fst_record *records; /* a part of index->share */
    size_t             count;
};

struct fst_index {
    struct fst_record *share;
    size_t             share_count, buffer_count;
    struct buffer     *buffers; /* one a writer */
    unsigned           writers;
    const char        *tmp_dir;
    pthread_mutex_t    lock;
    struct {
        int         fd; /* sorted runs, one after another; -1: nothing was spilled */
        uint64_t    count;
        struct run *runs;
        size_t      run_count, run_cap;
    } synced;
    /* after _finish: records in memory, or in synced.fd with a sparse index over its blocks */
    uint64_t           count;
    bool               in_memory;
    struct fst_record *firsts;
    size_t             block_records, block_count;
};

struct fst_index_block {
    uint64_t           number; /* + 1; 0: empty */
    size_t             count;
    struct fst_record *records;
};

enum fst_status fst_index_new(struct fst_index **out, size_t share_bytes, unsigned writers, const char *tmp_dir,
                              struct fst_error *err)
{
    struct fst_index *x = calloc(1, sizeof *x);

    *out = NULL;
    if (!x)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    x->buffer_count = share_bytes / sizeof *x->share / writers;
    if (x->buffer_count < MIN_WRITER)
        x->buffer_count = MIN_WRITER;
    x->share_count = x->buffer_count * writers;
    x->writers = writers;
    x->tmp_dir = tmp_dir;
    x->synced.fd = -1;
    pthread_mutex_init(&x->lock, NULL);
    x->share = malloc(x->share_count * sizeof *x->share);
    x->buffers = calloc(writers, sizeof *x->buffers);
    if (!x->share || !x->buffers) {
        fst_index_free(x);
        return fst_fail(err, FST_ENOMEM, "out of memory");
    }
    for (unsigned i = 0; i < writers; i++)
        x->buffers[i].records = x->share + i * x->buffer_count;
    *out = x;
    return FST_OK;
}

void fst_index_free(struct fst_index *x)
{
    if (!x)
        return;
    if (x->synced.fd >= 0)
        close(x->synced.fd);
    pthread_mutex_destroy(&x->lock);
    free(x->synced.runs);
    free(x->firsts);
    free(x->share);
    free(x->buffers);
    free(x);
}

static enum fst_status write_at(int fd, const void *p, size_t n, uint64_t at, struct fst_error *err)
{
    const char *from = p;
    while (n) {
        ssize_t k = pwrite(fd, from, n, (off_t)at);
        if (k < 0)
            return fst_fail_errno(err, "temporary file");
        from += k;
        at += (uint64_t)k;
        n -= (size_t)k;
    }
    return FST_OK;
}

static enum fst_status read_at(int fd, void *p, size_t n, uint64_t at, struct fst_error *err)
{
    char *to = p;
    while (n) {
        ssize_t k = pread(fd, to, n, (off_t)at);
        if (k < 0)
            return fst_fail_errno(err, "temporary file");
        if (!k)
            return fst_fail(err, FST_EIO, "temporary file: cut short");
        to += k;
        at += (uint64_t)k;
        n -= (size_t)k;
    }
    return FST_OK;
}

/* A place for `count` records in the runs' file, noted as a run. */
static enum fst_status reserve_run(struct fst_index *x, size_t count, uint64_t *first, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    pthread_mutex_lock(&x->lock);
    if (x->synced.fd < 0)
        st = fst_file_temp(&x->synced.fd, x->tmp_dir, err);
    if (!st && !fst_grow(&x->synced.runs, x->synced.run_count, &x->synced.run_cap, sizeof *x->synced.runs))
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    if (!st) {
        *first = x->synced.count;
        x->synced.runs[x->synced.run_count++] = (struct run){ *first, count };
        x->synced.count += count;
    }
    pthread_mutex_unlock(&x->lock);
    return st;
}

static enum fst_status spill(struct fst_index *x, struct buffer *b, struct fst_error *err)
{
    uint64_t        first;
    enum fst_status st;

    if (!b->count)
        return FST_OK;
    fst_records_sort(b->records, b->count);
    st = reserve_run(x, b->count, &first, err);
    if (!st)
        st = write_at(x->synced.fd, b->records, b->count * sizeof *b->records, first * sizeof *b->records, err);
    b->count = 0;
    return st;
}

enum fst_status fst_index_add(struct fst_index *x, unsigned writer, const struct fst_record *r, struct fst_error *err)
{
    struct buffer  *b = &x->buffers[writer];
    enum fst_status st = b->count == x->buffer_count ? spill(x, b, err) : FST_OK;
    if (!st)
        b->records[b->count++] = *r;
    return st;
}

/* ---- merging */

struct cursor { /* reads one run through a part of the share */
    struct fst_record *records;
    size_t             at, count;
    struct run         rest;
};

struct merge {
    int            in, out;
    size_t         part; /* records a cursor or the output holds */
    struct cursor  cursors[FAN_IN];
    struct cursor *heap[FAN_IN]; /* the least head on top */
    size_t         heap_count;
    struct fst_record *pending;
    size_t         pending_count;
    uint64_t       written;
};

static enum fst_status refill(struct merge *m, struct cursor *c, struct fst_error *err)
{
    size_t          n = c->rest.count < m->part ? (size_t)c->rest.count : m->part;
    enum fst_status st = read_at(m->in, c->records, n * sizeof *c->records, c->rest.first * sizeof *c->records, err);
    c->at = 0;
    c->count = n;
    c->rest.first += n;
    c->rest.count -= n;
    return st;
}

static bool head_less(const struct cursor *a, const struct cursor *b)
{
    return fst_record_less(&a->records[a->at], &b->records[b->at]);
}

static void sift_down(struct merge *m, size_t i)
{
    for (;;) {
        size_t least = i, child = 2 * i + 1;
        struct cursor *c;
        for (size_t k = child; k < child + 2 && k < m->heap_count; k++)
            if (head_less(m->heap[k], m->heap[least]))
                least = k;
        if (least == i)
            return;
        c = m->heap[i];
        m->heap[i] = m->heap[least];
        m->heap[least] = c;
        i = least;
    }
}

static enum fst_status flush_pending(struct merge *m, struct fst_error *err)
{
    enum fst_status st = write_at(m->out, m->pending, m->pending_count * sizeof *m->pending,
                                  m->written * sizeof *m->pending, err);
    m->written += m->pending_count;
    m->pending_count = 0;
    return st;
}

/* Move the least head to the output. */
static enum fst_status merge_one(struct merge *m, struct fst_error *err)
{
    struct cursor  *c = m->heap[0];
    enum fst_status st = m->pending_count == m->part ? flush_pending(m, err) : FST_OK;

    m->pending[m->pending_count++] = c->records[c->at++];
    if (!st && c->at == c->count) {
        if (c->rest.count)
            st = refill(m, c, err);
        else
            m->heap[0] = m->heap[--m->heap_count];
    }
    if (!st && m->heap_count)
        sift_down(m, 0);
    return st;
}

static enum fst_status merge_runs(struct fst_index *x, struct merge *m, const struct run *runs, size_t n,
                                  struct fst_error *err)
{
    enum fst_status st = FST_OK;

    m->part = x->share_count / (n + 1);
    m->heap_count = n;
    for (size_t i = 0; i < n && !st; i++) {
        m->cursors[i] = (struct cursor){ .records = x->share + i * m->part, .rest = runs[i] };
        m->heap[i] = &m->cursors[i];
        st = refill(m, &m->cursors[i], err);
    }
    m->pending = x->share + n * m->part;
    for (size_t i = n / 2; i-- > 0 && !st;)
        sift_down(m, i);
    while (m->heap_count && !st)
        st = merge_one(m, err);
    return st ? st : flush_pending(m, err);
}

/* One round: groups of runs become runs of a new file, which takes the place of the old. */
static enum fst_status merge_round(struct fst_index *x, struct fst_error *err)
{
    struct merge   *m = calloc(1, sizeof *m);
    size_t          fan_in = x->share_count / 2 < FAN_IN ? x->share_count / 2 : FAN_IN, out = 0;
    enum fst_status st;

    if (!m)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    m->in = x->synced.fd;
    st = fst_file_temp(&m->out, x->tmp_dir, err);
    if (st) {
        free(m);
        return st;
    }
    for (size_t i = 0; i < x->synced.run_count && !st; i += fan_in) {
        size_t   n = x->synced.run_count - i < fan_in ? x->synced.run_count - i : fan_in;
        uint64_t first = m->written;
        st = merge_runs(x, m, x->synced.runs + i, n, err);
        x->synced.runs[out++] = (struct run){ first, m->written - first };
    }
    x->synced.run_count = out;
    close(x->synced.fd);
    x->synced.fd = m->out;
    free(m);
    return st;
}

/* The first record of each block, so that a seek reads one block. */
static enum fst_status make_sparse(struct fst_index *x, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    x->block_records = MIN_BLOCK;
    while (x->count / x->block_records > MAX_SPARSE / sizeof *x->firsts)
        x->block_records *= 2;
    x->block_count = (size_t)((x->count + x->block_records - 1) / x->block_records);
    x->firsts = malloc(x->block_count * sizeof *x->firsts);
    if (!x->firsts)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (size_t i = 0; i < x->block_count && !st; i++)
        st = read_at(x->synced.fd, &x->firsts[i], sizeof *x->firsts, i * x->block_records * sizeof *x->firsts, err);
    return st;
}

static void gather_in_memory(struct fst_index *x)
{
    for (unsigned i = 0; i < x->writers; i++) {
        memmove(x->share + x->count, x->buffers[i].records, x->buffers[i].count * sizeof *x->share);
        x->count += x->buffers[i].count;
    }
    fst_records_sort(x->share, (size_t)x->count);
    x->in_memory = true;
}

enum fst_status fst_index_finish(struct fst_index *x, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    if (x->synced.fd < 0) {
        gather_in_memory(x);
        return FST_OK;
    }
    for (unsigned i = 0; i < x->writers && !st; i++)
        st = spill(x, &x->buffers[i], err);
    while (!st && x->synced.run_count > 1)
        st = merge_round(x, err);
    x->count = x->synced.count;
    free(x->share);
    x->share = NULL;
    return st ? st : make_sparse(x, err);
}

uint64_t fst_index_count(const struct fst_index *x)
{
    return x->count;
}

/* ---- reading */

enum fst_status fst_index_reader_init(struct fst_index_reader *r, const struct fst_index *x, struct fst_error *err)
{
    *r = (struct fst_index_reader){ .index = x };
    if (x->in_memory)
        return FST_OK;
    r->blocks = calloc(CACHED_BLOCKS, sizeof *r->blocks);
    return r->blocks ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

void fst_index_reader_clear(struct fst_index_reader *r)
{
    for (size_t i = 0; r->blocks && i < CACHED_BLOCKS; i++)
        free(r->blocks[i].records);
    free(r->blocks);
    *r = (struct fst_index_reader){ 0 };
}

/* Block `number`, from the cache or the file. */
static enum fst_status load_block(struct fst_index_reader *r, uint64_t number, struct fst_index_block **out,
                                  struct fst_error *err)
{
    const struct fst_index *x = r->index;
    struct fst_index_block *b = &r->blocks[number % CACHED_BLOCKS];
    uint64_t                first = number * x->block_records;
    enum fst_status         st;

    *out = b;
    if (b->number == number + 1)
        return FST_OK;
    if (!b->records)
        b->records = malloc(x->block_records * sizeof *b->records);
    if (!b->records)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    b->count = x->count - first < x->block_records ? (size_t)(x->count - first) : x->block_records;
    b->number = 0;
    st = read_at(x->synced.fd, b->records, b->count * sizeof *b->records, first * sizeof *b->records, err);
    if (!st)
        b->number = number + 1;
    return st;
}

/* How many of the sorted records are less than `r`. */
static size_t lower_bound(const struct fst_record *records, size_t n, const struct fst_record *r)
{
    size_t low = 0;
    while (n) {
        size_t half = n / 2;
        if (fst_record_less(&records[low + half], r)) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

enum fst_status fst_index_seek(struct fst_index_reader *r, struct fst_hash128 key, uint64_t pos, struct fst_error *err)
{
    const struct fst_index *x = r->index;
    struct fst_record       wanted = { .key = key, .pos = pos };
    struct fst_index_block *block;
    size_t                  above;
    enum fst_status         st;

    if (x->in_memory) {
        r->rank = lower_bound(x->share, (size_t)x->count, &wanted);
        return FST_OK;
    }
    above = lower_bound(x->firsts, x->block_count, &wanted);
    if (!above) {
        r->rank = 0;
        return FST_OK;
    }
    st = load_block(r, above - 1, &block, err);
    if (!st)
        r->rank = (above - 1) * x->block_records + lower_bound(block->records, block->count, &wanted);
    return st;
}

enum fst_status fst_index_next(struct fst_index_reader *r, const struct fst_record **record, struct fst_error *err)
{
    const struct fst_index *x = r->index;
    struct fst_index_block *block;
    enum fst_status         st;

    *record = NULL;
    if (r->rank >= x->count)
        return FST_OK;
    if (x->in_memory) {
        *record = &x->share[r->rank++];
        return FST_OK;
    }
    st = load_block(r, r->rank / x->block_records, &block, err);
    if (!st)
        *record = &block->records[r->rank++ % x->block_records];
    return st;
}

enum fst_status fst_index_next_of(struct fst_index_reader *r, struct fst_hash128 key, const struct fst_record **record,
                                  struct fst_error *err)
{
    enum fst_status st = fst_index_next(r, record, err);
    if (!st && *record && fst_hash128_compare((*record)->key, key))
        *record = NULL;
    return st;
}
