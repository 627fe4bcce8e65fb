#include "prepare/chunk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/grow.h"
#include "prepare/jobs.h"
#include "prepare/provenance.h"

enum { PROVENANCE_BUFFER = 8 * 1024, PROVENANCE_MAX = 1 << 30 };

struct fst_open_chunk {
    struct fst_chunk      chunk;
    struct fst_part       lines, provenance;
    bool                  begun;
    struct fst_origin_run run;
};

/* ---- the list of what is done */

void fst_chunk_list_init(struct fst_chunk_list *l)
{
    *l = (struct fst_chunk_list){ .lock = PTHREAD_MUTEX_INITIALIZER };
}

void fst_chunk_list_clear(struct fst_chunk_list *l)
{
    free(l->synced.items);
    fst_chunk_list_init(l);
}

static enum fst_status list_add(struct fst_chunk_list *l, const struct fst_chunk *c, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    pthread_mutex_lock(&l->lock);
    if (fst_grow(&l->synced.items, l->synced.count, &l->synced.cap, sizeof *l->synced.items))
        l->synced.items[l->synced.count++] = *c;
    else
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    pthread_mutex_unlock(&l->lock);
    return st;
}

void fst_chunk_key(char out[FST_CHUNK_KEY_MAX], const struct fst_chunk *c)
{
    const char *type = fst_type_name(c->type);
    int         n = snprintf(out, FST_CHUNK_KEY_MAX, FST_INPUT_FOLDER);

    if (c->job)
        n += snprintf(out + n, (size_t)(FST_CHUNK_KEY_MAX - n), FST_JOB_FOLDER "%04" PRIu32 "/", c->job);
    n += snprintf(out + n, (size_t)(FST_CHUNK_KEY_MAX - n), "%s/%s-%06" PRIu32, type, type, c->segment);
    if (c->number > 1)
        n += snprintf(out + n, (size_t)(FST_CHUNK_KEY_MAX - n), "-%" PRIu32, c->number);
    snprintf(out + n, (size_t)(FST_CHUNK_KEY_MAX - n), ".ndjson");
}

static int by_key(const void *a, const void *b)
{
    char key_a[FST_CHUNK_KEY_MAX], key_b[FST_CHUNK_KEY_MAX];
    fst_chunk_key(key_a, a);
    fst_chunk_key(key_b, b);
    return strcmp(key_a, key_b);
}

void fst_chunk_list_sort(struct fst_chunk_list *l)
{
    if (l->synced.count)
        qsort(l->synced.items, l->synced.count, sizeof *l->synced.items, by_key);
}

/* ---- writing */

void fst_chunks_init(struct fst_chunks *c, const struct fst_chunks_opts *opts)
{
    *c = (struct fst_chunks){ .opts = *opts };
}

void fst_chunks_clear(struct fst_chunks *c)
{
    for (size_t i = 0; i < FST_TYPE_COUNT; i++) {
        if (!c->open[i])
            continue;
        fst_part_clear(&c->open[i]->lines);
        fst_part_clear(&c->open[i]->provenance);
        fst_origin_run_clear(&c->open[i]->run);
        free(c->open[i]);
        c->open[i] = NULL;
    }
}

void fst_chunks_begin(struct fst_chunks *c, uint32_t segment)
{
    c->segment = segment;
}

/* Begin the next chunk of the type: the segment's first, or the one behind a full one. */
static enum fst_status begin_chunk(struct fst_chunks *c, struct fst_open_chunk *o, struct fst_error *err)
{
    char            key[FST_CHUNK_KEY_MAX], provenance[FST_PROVENANCE_KEY_MAX];
    enum fst_status st;

    o->begun = true;
    o->chunk.segment = c->segment;
    o->chunk.number++;
    o->chunk.bytes = o->chunk.resources = 0;
    o->chunk.job = fst_jobs_find(c->opts.jobs, &o->chunk);
    fst_chunk_key(key, &o->chunk);
    fst_provenance_key(provenance, key);
    fst_origin_run_clear(&o->run);
    st = fst_part_begin(&o->lines, c->opts.dir, key, true, err);
    return st ? st : fst_part_begin(&o->provenance, c->opts.dir, provenance, false, err);
}

static enum fst_status finish_chunk(struct fst_chunks *c, struct fst_open_chunk *o, size_t bytes, struct fst_error *err)
{
    enum fst_status st = fst_part_flush(&o->lines, bytes, err);

    if (!st)
        st = fst_part_close(&o->lines, err);
    fst_origin_run_end(&o->run, &o->provenance.buf);
    if (!st)
        st = fst_part_finish(&o->provenance, err);
    o->begun = false;
    o->chunk.bytes = o->lines.bytes;
    o->chunk.crc32 = o->lines.crc32;
    return st ? st : list_add(c->opts.list, &o->chunk, err);
}

enum fst_status fst_chunks_line(struct fst_chunks *c, fst_type type, struct fst_buf **out, struct fst_error *err)
{
    struct fst_open_chunk *o = c->open[type];
    enum fst_status        st = FST_OK;

    if (!o) {
        o = calloc(1, sizeof *o);
        if (!o)
            return fst_fail(err, FST_ENOMEM, "out of memory");
        o->chunk.type = type;
        fst_part_init(&o->lines, c->opts.buffer_bytes, c->opts.max_line + c->opts.buffer_bytes);
        o->lines.sink = c->opts.sink;
        fst_part_init(&o->provenance, PROVENANCE_BUFFER, PROVENANCE_MAX);
        c->open[type] = o;
    }
    if (!o->begun) {
        o->chunk.number = 0;
        st = begin_chunk(c, o, err);
    }
    c->current = o;
    c->mark = o->lines.buf.len;
    *out = &o->lines.buf;
    return st;
}

void fst_chunks_drop(struct fst_chunks *c)
{
    c->current->lines.buf.len = c->mark;
}

enum fst_status fst_chunks_commit(struct fst_chunks *c, const struct fst_value *from, struct fst_error *err)
{
    struct fst_open_chunk *o = c->current;
    struct fst_buf        *buf = &o->lines.buf;
    enum fst_status        st;

    fst_buf_add_char(buf, '\n');
    st = fst_buf_check(buf, err);
    if (!st && o->chunk.resources && o->lines.bytes + buf->len > c->opts.chunk_bytes) {
        st = finish_chunk(c, o, c->mark, err); /* the new line stays, and is the next chunk's first */
        if (!st)
            st = begin_chunk(c, o, err);
    }
    if (st)
        return st;
    o->chunk.resources++;
    fst_origin_run_add(&o->run, from, o->chunk.resources, &o->provenance.buf);
    st = fst_part_added(&o->provenance, err);
    return st ? st : fst_part_added(&o->lines, err);
}

enum fst_status fst_chunks_end(struct fst_chunks *c, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    for (size_t i = 0; i < FST_TYPE_COUNT && !st; i++) {
        struct fst_open_chunk *o = c->open[i];
        if (!o || !o->begun)
            continue;
        if (o->chunk.resources)
            st = finish_chunk(c, o, o->lines.buf.len, err);
        o->begun = false;
    }
    return st;
}
