#include "fhir/compile-private.h"

enum { MAX_SEEDS = 4000, MAX_HASH_BITS = 20 };

uint32_t fst_rows_extend(struct fst_compiler *c, struct fst_rows *r, uint32_t n)
{
    if (r->count + n > r->cap) {
        uint32_t cap = r->cap ? r->cap * 2 : 256;
        while (cap < r->count + n)
            cap *= 2;
        void *p = realloc(r->p, (size_t)cap * r->size);
        if (!p) {
            c->failed = FST_ENOMEM;
            r->count = 0;
            n = 0;
        } else {
            r->p = p;
            r->cap = cap;
        }
    }
    if (n)
        memset((char *)r->p + (size_t)r->count * r->size, 0, (size_t)n * r->size);
    r->count += n;
    return r->count - n;
}

void *fst_rows_add(struct fst_compiler *c, struct fst_rows *r)
{
    uint32_t i = fst_rows_extend(c, r, 1);
    return c->failed == FST_ENOMEM ? NULL : (char *)r->p + (size_t)i * r->size;
}

void fst_compile_fail(struct fst_compiler *c, enum fst_status st, const char *what, struct fst_view where)
{
    if (c->failed)
        return;
    if (c->base.types_count) /* nobody has seen the facts that profiles became */
        c->failed = fst_fail(c->err, st, "%s: %.*s", what, FST_VIEW_ARGS(where));
    else
        c->failed = fst_fail(c->err, st, "facts: line %u: %s: %.*s", c->line, what, FST_VIEW_ARGS(where));
}

/* ---- strings */

static void interned_grow(struct fst_compiler *c)
{
    struct fst_rows  old = c->interned;
    uint32_t         cap = old.count ? old.count * 2 : 4096;
    struct { struct fst_pool_str str; } *from = old.p, *to;
    c->interned = (struct fst_rows){ .size = sizeof *to };
    fst_rows_extend(c, &c->interned, cap);
    to = c->interned.p;
    for (uint32_t i = 0; i < old.count && !c->failed; i++) {
        if (!from[i].str.n)
            continue;
        uint32_t at = fst_hash_name((char *)c->pool.p + from[i].str.at, from[i].str.n, 1, 32) & (cap - 1);
        while (to[at].str.n)
            at = (at + 1) & (cap - 1);
        to[at] = from[i];
    }
    free(old.p);
}

/* Take a string that is in the pool already. */
static void reintern(struct fst_compiler *c, struct fst_pool_str str)
{
    if ((c->interned_count + 1) * 2 > c->interned.count)
        interned_grow(c);
    if (c->failed)
        return;
    struct fst_pool_str *slots = c->interned.p;
    const char          *p = (char *)c->pool.p + str.at;
    uint32_t             at = fst_hash_name(p, str.n, 1, 32) & (c->interned.count - 1);
    while (slots[at].n)
        at = (at + 1) & (c->interned.count - 1);
    slots[at] = str;
    c->interned_count++;
}

void fst_compile_intern_pool(struct fst_compiler *c)
{
    for (uint32_t at = 1; at < c->pool.count && !c->failed;) {
        struct fst_pool_str str = { at, (uint32_t)strlen(FST_ROW(c, pool, char, at)) };
        if (str.n)
            reintern(c, str);
        at += str.n + 1;
    }
}

struct fst_pool_str fst_compile_intern(struct fst_compiler *c, struct fst_view v)
{
    if ((c->interned_count + 1) * 2 > c->interned.count)
        interned_grow(c);
    if (c->failed || !v.n)
        return (struct fst_pool_str){ 0 };
    struct fst_pool_str *slots = c->interned.p;
    uint32_t             at = fst_hash_name(v.p, v.n, 1, 32) & (c->interned.count - 1);
    for (; slots[at].n; at = (at + 1) & (c->interned.count - 1))
        if (slots[at].n == v.n && !memcmp((char *)c->pool.p + slots[at].at, v.p, v.n))
            return slots[at];
    uint32_t first = fst_rows_extend(c, &c->pool, (uint32_t)v.n + 1); /* with the NUL, so that any of them is a C string */
    if (c->failed)
        return (struct fst_pool_str){ 0 };
    memcpy((char *)c->pool.p + first, v.p, v.n);
    c->interned_count++;
    return slots[at] = (struct fst_pool_str){ first, (uint32_t)v.n };
}

/* ---- hashes */

/* Fill the slots; the number of names that the first probe misses, or UINT32_MAX past `best`. */
static uint32_t fill(struct fst_compiler *c, uint16_t *slots, unsigned bits, uint32_t seed, uint32_t count, uint32_t first,
                     fst_compile_name_fn *name, uint32_t best)
{
    uint32_t misses = 0, mask = (1u << bits) - 1;
    memset(slots, 0, sizeof *slots << bits);
    for (uint32_t i = 0; i < count; i++) {
        struct fst_view v = name(c, first + i);
        uint32_t        at = fst_hash_name(v.p, v.n, seed, bits);
        bool            missed = slots[at];
        while (slots[at])
            at = (at + 1) & mask;
        slots[at] = (uint16_t)(i + 1);
        misses += missed;
        if (misses >= best)
            return UINT32_MAX;
    }
    return misses;
}

struct fst_hash_row fst_compile_hash(struct fst_compiler *c, uint32_t count, uint32_t first, fst_compile_name_fn *name)
{
    struct fst_hash_row h = { .bits = 1 };
    while (h.bits < MAX_HASH_BITS && (1u << h.bits) < count * 2 + 1)
        h.bits++;
    if (count >= UINT16_MAX)
        fst_compile_fail(c, FST_ELIMIT, "too many names in one table", (struct fst_view){ 0 });
    h.at = fst_rows_extend(c, &c->slots, 1u << h.bits);
    if (c->failed)
        return h;
    uint16_t *slots = FST_ROW(c, slots, uint16_t, h.at);
    uint32_t  best = UINT32_MAX, seeds = count > 1000 ? 8 : MAX_SEEDS;
    for (uint32_t seed = 1; seed <= seeds && best; seed++) {
        uint32_t misses = fill(c, slots, h.bits, seed, count, first, name, best);
        if (misses < best) {
            best = misses;
            h.seed = seed;
        }
    }
    fill(c, slots, h.bits, h.seed, count, first, name, UINT32_MAX);
    return h;
}

/* ---- what is there already */

const struct fst_schema *fst_compile_view(struct fst_compiler *c)
{
#define FST_SECTION(type, name) \
    c->view.name = c->name.p;   \
    c->view.name##_count = c->name.count;
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
    return &c->view;
}

/* The first row of all stands for no point. */
struct fst_fact_point *fst_compile_point_facts(struct fst_compiler *c, uint32_t point)
{
    uint32_t first = c->base.points_count ? c->base.points_count : 1;
    return point < first ? NULL : FST_ROW(c, fact_points, struct fst_fact_point, point - first);
}
