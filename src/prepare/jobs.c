#include "prepare/jobs.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/grow.h"

static int by_order(const void *x, const void *y)
{
    const struct fst_chunk *a = x, *b = y;

    if (a->segment != b->segment)
        return a->segment < b->segment ? -1 : 1;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

uint32_t fst_jobs_find(const struct fst_jobs *j, const struct fst_chunk *c)
{
    size_t low = 0, high = j ? j->count : 0;

    if (!high)
        return 0;
    while (low < high) { /* how many jobs begin at it or before */
        size_t middle = (low + high) / 2;
        if (by_order(&j->begins[middle], c) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return (uint32_t)low + 1;
}

bool fst_jobs_equal(const struct fst_jobs *a, const struct fst_jobs *b)
{
    bool equal = a->count == b->count;

    for (size_t i = 0; equal && i < a->count; i++)
        equal = !by_order(&a->begins[i], &b->begins[i]);
    return equal;
}

void fst_jobs_clear(struct fst_jobs *j)
{
    free(j->begins);
    *j = (struct fst_jobs){ 0 };
}

static enum fst_status refuse(const struct fst_chunk *c, uint64_t max_bytes, struct fst_error *err)
{
    char key[FST_CHUNK_KEY_MAX];

    fst_chunk_key(key, c);
    fst_fail(err, FST_ELIMIT, "%s: has %" PRIu64 " bytes, and an import job may hold %" PRIu64, key, c->bytes, max_bytes);
    fst_error_hint(err, "a resource alone is larger than --max-job-bytes: raise that, or leave the resource out with --max-resource");
    return FST_ELIMIT;
}

enum fst_status fst_jobs_split(struct fst_jobs *j, struct fst_chunk_list *l, uint64_t max_files, uint64_t max_bytes, struct fst_error *err)
{
    struct fst_chunk *chunks = l->synced.items;
    uint64_t          files = 0, bytes = 0;

    if (l->synced.count)
        qsort(chunks, l->synced.count, sizeof *chunks, by_order);
    for (size_t i = 0; i < l->synced.count; i++) {
        if (chunks[i].bytes > max_bytes)
            return refuse(&chunks[i], max_bytes, err);
        if (files == max_files || chunks[i].bytes > max_bytes - bytes) {
            if (!fst_grow(&j->begins, j->count, &j->cap, sizeof *j->begins))
                return fst_fail(err, FST_ENOMEM, "out of memory");
            j->begins[j->count++] = chunks[i];
            files = bytes = 0;
        }
        files++;
        bytes += chunks[i].bytes;
    }
    for (size_t i = 0; i < l->synced.count; i++)
        chunks[i].job = fst_jobs_find(j, &chunks[i]);
    return FST_OK;
}
