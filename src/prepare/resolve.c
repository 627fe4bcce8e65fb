#include "prepare/resolve.h"

#include <stdlib.h>

enum { QUERY_MAX_BYTES = 1 << 20 };

/* The last answers, since a patient's resources point to the same few others. */
struct fst_memo {
    struct fst_hash128 key;
    bool               used;
    uint8_t            n;
    char               text[FST_TARGET_MAX];
};

enum fst_status fst_resolver_init(struct fst_resolver *r, const struct fst_registry *registry,
                                  const struct fst_settled *settled, struct fst_error *err)
{
    enum fst_status st;

    *r = (struct fst_resolver){ .registry = registry, .settled = settled, .heap = { .heap = registry->heap } };
    fst_buf_init(&r->query.text, QUERY_MAX_BYTES);
    r->memo = calloc(FST_MEMO_SLOTS, sizeof *r->memo);
    if (!r->memo)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    st = fst_index_reader_init(&r->index, registry->index, err);
    if (!st && settled && settled->contested)
        st = fst_index_reader_init(&r->contested, settled->contested, err);
    if (!st && settled && settled->verdicts)
        st = fst_index_reader_init(&r->verdicts, settled->verdicts, err);
    if (!st && settled && settled->losers)
        st = fst_index_reader_init(&r->losers, settled->losers, err);
    return st;
}

void fst_resolver_clear(struct fst_resolver *r)
{
    fst_index_reader_clear(&r->index);
    fst_index_reader_clear(&r->contested);
    fst_index_reader_clear(&r->verdicts);
    fst_index_reader_clear(&r->losers);
    fst_heap_reader_clear(&r->heap);
    fst_buf_clear(&r->query.text);
    free(r->memo);
    *r = (struct fst_resolver){ 0 };
}

enum fst_status fst_index_has(struct fst_index_reader *r, struct fst_hash128 key, uint64_t pos, bool *has,
                              struct fst_error *err)
{
    const struct fst_record *found;
    enum fst_status          st;

    *has = false;
    if (!r->index)
        return FST_OK;
    st = fst_index_seek(r, key, pos, err);
    if (!st)
        st = fst_index_next_of(r, key, &found, err);
    *has = !st && found && found->pos == pos;
    return st;
}

enum fst_status fst_resolve_anonymous(struct fst_resolver *r, const uint8_t sha256[FST_SHA256_BYTES], uint64_t pos,
                                      char id[FST_UUID_TEXT + 1], struct fst_error *err)
{
    struct fst_hash128 key = fst_key_anonymous(sha256);
    uint64_t           first = 0;
    enum fst_status    st = fst_index_seek(&r->index, key, 0, err);

    first = r->index.rank;
    if (!st)
        st = fst_index_seek(&r->index, key, pos, err);
    if (!st)
        fst_anonymous_id(id, sha256, r->index.rank - first);
    return st;
}

/* The heap handle of the first sound one that was created under the condition. */
static enum fst_status created_handle(struct fst_resolver *r, struct fst_hash128 key, uint64_t *handle, struct fst_error *err)
{
    const struct fst_record *found;
    enum fst_status          st = fst_index_seek(&r->index, key, 0, err);

    if (!st)
        st = fst_index_next_of(&r->index, key, &found, err);
    if (st)
        return st;
    *handle = found ? found->extra : 0;
    if (!r->verdicts.index)
        return FST_OK;
    st = fst_index_seek(&r->verdicts, key, 0, err);
    while (!st) {
        st = fst_index_next_of(&r->verdicts, key, &found, err);
        if (st || !found)
            break;
        if (found->extra & 1) {
            *handle = found->extra >> 1;
            break;
        }
    }
    return st;
}

static enum fst_status read_target(struct fst_resolver *r, uint64_t handle, struct fst_target *t, struct fst_error *err)
{
    uint8_t         bytes[FST_HEAP_ITEM_MAX];
    size_t          n;
    enum fst_status st = fst_heap_read(&r->heap, handle, bytes, &n, err);
    if (!st)
        fst_target_unpack(t, bytes, n);
    return st;
}

/* What a heap handle says, in words. */
static enum fst_status target_text(struct fst_resolver *r, uint64_t handle, char out[FST_TARGET_MAX], size_t *n,
                                   struct fst_error *err)
{
    struct fst_target t;
    char              id[FST_ID_MAX + 1];
    enum fst_status   st = read_target(r, handle, &t, err);

    if (!st && t.kind == FST_TARGET_CREATE) {
        st = created_handle(r, t.create, &handle, err);
        if (!st)
            st = read_target(r, handle, &t, err);
    }
    if (st)
        return st;
    memcpy(id, t.id, sizeof id);
    if (t.kind == FST_TARGET_ANONYMOUS)
        st = fst_resolve_anonymous(r, t.sha256, t.pos, id, err);
    if (!st)
        *n = fst_target_format(out, t.type, id);
    return st;
}

static struct fst_memo *memo_slot(struct fst_resolver *r, struct fst_hash128 key)
{
    return &r->memo[(key.lo ^ key.hi * 31) % FST_MEMO_SLOTS];
}

/* A known answer; false when there is none. */
static bool recall(struct fst_resolver *r, struct fst_hash128 key, char out[FST_TARGET_MAX], size_t *n)
{
    const struct fst_memo *m = memo_slot(r, key);
    if (!m->used || fst_hash128_compare(m->key, key))
        return false;
    memcpy(out, m->text, m->n);
    *n = m->n;
    return true;
}

static void remember(struct fst_resolver *r, struct fst_hash128 key, const char *text, size_t n)
{
    struct fst_memo *m = memo_slot(r, key);
    *m = (struct fst_memo){ .key = key, .used = true, .n = (uint8_t)n };
    memcpy(m->text, text, n);
}

enum fst_status fst_resolve_link(struct fst_resolver *r, uint64_t bundle, struct fst_view link, char out[FST_TARGET_MAX],
                                 size_t *n, struct fst_error *err)
{
    struct fst_hash128       key;
    const struct fst_record *found;
    enum fst_status          st;

    *n = 0;
    if (bundle == FST_NO_BUNDLE)
        return FST_OK;
    key = fst_key_link(bundle, link);
    if (recall(r, key, out, n))
        return FST_OK;
    st = fst_index_seek(&r->index, key, 0, err);
    if (!st)
        st = fst_index_next_of(&r->index, key, &found, err);
    if (!st && found)
        st = target_text(r, found->extra, out, n, err);
    if (!st)
        remember(r, key, out, *n);
    return st;
}

/* Do all records of the query say the same? Then *n and `out` are that. */
static enum fst_status agree(struct fst_resolver *r, struct fst_hash128 key, bool any_system, char out[FST_TARGET_MAX],
                             size_t *n, struct fst_error *err)
{
    struct fst_hash128       from = any_system ? (struct fst_hash128){ key.hi, 0 } : key;
    const struct fst_record *found;
    uint64_t                 rank;
    enum fst_status          st = fst_index_seek(&r->index, from, 0, err);

    while (!st) {
        char   other[FST_TARGET_MAX];
        size_t m = 0;
        st = fst_index_next(&r->index, &found, err);
        if (st || !found || found->key.hi != key.hi || (!any_system && found->key.lo != key.lo))
            return st;
        rank = r->index.rank; /* reading a target may move the reader */
        st = target_text(r, found->extra, other, &m, err);
        r->index.rank = rank;
        if (*n && (m != *n || memcmp(out, other, m) != 0)) {
            *n = 0;
            return st;
        }
        memcpy(out, other, m);
        *n = m;
    }
    return st;
}

enum fst_status fst_resolve_query(struct fst_resolver *r, struct fst_view link, char out[FST_TARGET_MAX], size_t *n,
                                  struct fst_error *err)
{
    struct fst_hash128 memo_key = fst_hash128(link, 1);
    enum fst_status    st = FST_OK;

    *n = 0;
    if (recall(r, memo_key, out, n))
        return FST_OK;
    if (fst_query_parse(&r->query, link))
        st = agree(r, fst_key_identifier(r->query.type, r->query.system, r->query.value), !r->query.has_system, out, n, err);
    if (!st)
        remember(r, memo_key, out, *n);
    return st;
}

enum fst_status fst_resolve_fate(struct fst_resolver *r, uint64_t pos, struct fst_hash128 claim, enum fst_fate *fate,
                                 uint64_t *other, struct fst_error *err)
{
    const struct fst_record *found;
    uint64_t                 first_hash = 0;
    bool                     is, first = true;
    enum fst_status          st = fst_index_has(&r->contested, fst_key_position(pos), pos, &is, err);

    *fate = FST_FATE_STAGED;
    if (st || !is)
        return st;
    st = fst_index_has(&r->losers, fst_key_position(pos), pos, &is, err);
    if (!st && is)
        *fate = FST_FATE_CREATED_BEFORE;
    if (st || is)
        return st;
    for (st = fst_index_seek(&r->verdicts, claim, 0, err); !st;) {
        st = fst_index_next_of(&r->verdicts, claim, &found, err);
        if (st || !found)
            return st;
        if (found->pos == pos) {
            if (!first)
                *fate = found->extra >> 1 == first_hash ? FST_FATE_REPEATED : FST_FATE_DUPLICATE;
            return FST_OK;
        }
        if (!first || !(found->extra & 1))
            continue;
        first_hash = found->extra >> 1;
        *other = found->pos;
        st = fst_index_has(&r->losers, fst_key_position(*other), *other, &is, err);
        first = is;
    }
    return st;
}
