#include "fhir/terms.h"

#include <strings.h>

#include "fhir/ucum.h"

static const char value_sets[] = "http://hl7.org/fhir/ValueSet/";

static struct fst_view without_version(struct fst_view url)
{
    const char *bar = url.n ? memchr(url.p, '|', url.n) : NULL;
    return bar ? fst_view_n(url.p, (size_t)(bar - url.p)) : url;
}

/* The index of `name` in a hash, by the row's string that `at` finds; UINT32_MAX when it is not there. */
typedef struct fst_pool_str name_at_fn(const struct fst_schema *s, uint32_t i);

static uint32_t probe(const struct fst_schema *s, const struct fst_hash_row *h, uint32_t first, name_at_fn *at, struct fst_view name)
{
    uint32_t mask = (1u << h->bits) - 1, slot;
    if (!name.n)
        return UINT32_MAX;
    slot = fst_hash_name(name.p, name.n, h->seed, h->bits);
    for (uint16_t i; (i = s->slots[h->at + slot]); slot = (slot + 1) & mask)
        if (fst_view_equal(fst_pool_view(s, at(s, first + i - 1)), name))
            return first + i - 1;
    return UINT32_MAX;
}

static struct fst_pool_str system_at(const struct fst_schema *s, uint32_t i) { return s->systems[i].url; }
static struct fst_pool_str set_at(const struct fst_schema *s, uint32_t i) { return s->sets[i].url; }
static struct fst_pool_str code_at(const struct fst_schema *s, uint32_t i) { return s->codes[i].text; }

static bool table_has(const struct fst_schema *s, const struct fst_code_table *t, struct fst_view code)
{
    return t->count && probe(s, &t->hash, t->first, code_at, code) != UINT32_MAX;
}

static bool same_letters(struct fst_view a, struct fst_view b)
{
    return a.n == b.n && !strncasecmp(a.p, b.p, a.n);
}

static bool table_has_nocase(const struct fst_schema *s, const struct fst_code_table *t, struct fst_view code)
{
    for (uint32_t i = t->first; i < t->first + t->count; i++)
        if (same_letters(fst_pool_view(s, s->codes[i].text), code))
            return true;
    return false;
}

uint16_t fst_system_find(const struct fst_schema *s, struct fst_view url)
{
    uint32_t i = probe(s, &s->hashes[FST_HASH_SYSTEMS], 0, system_at, url);
    if (i == UINT32_MAX)
        i = probe(s, &s->hashes[FST_HASH_SYSTEMS], 0, system_at, without_version(url));
    return i == UINT32_MAX ? FST_NONE : (uint16_t)i;
}

enum fst_in fst_system_has(const struct fst_schema *s, uint16_t system, struct fst_view code)
{
    const struct fst_system_row *row = &s->systems[system];
    if (table_has(s, &row->codes, code) || (row->nocase && table_has_nocase(s, &row->codes, code)))
        return FST_IN_YES;
    return row->content == FST_CONTENT_COMPLETE ? FST_IN_NO : FST_IN_UNKNOWN;
}

enum fst_in fst_code_exists(const struct fst_schema *s, struct fst_view system, struct fst_view code)
{
    if (fst_view_is(system, FST_UCUM))
        return fst_ucum_is_valid(s, code) ? FST_IN_YES : FST_IN_NO;
    uint16_t i = fst_system_find(s, system);
    return i == FST_NONE ? FST_IN_UNKNOWN : fst_system_has(s, i, code);
}

uint16_t fst_set_find(const struct fst_schema *s, struct fst_view url)
{
    url = without_version(url);
    if (fst_view_starts(url, value_sets))
        url = fst_view_from(url, sizeof value_sets - 1);
    uint32_t i = probe(s, &s->hashes[FST_HASH_SETS], 0, set_at, url);
    return i == UINT32_MAX ? FST_NONE : (uint16_t)i;
}

struct fst_view fst_set_name(const struct fst_schema *s, uint16_t set)
{
    return fst_pool_view(s, s->sets[set].url);
}

static enum fst_in part_has(const struct fst_schema *s, const struct fst_part_row *p, struct fst_view code)
{
    if (p->mode == FST_PART_CODES)
        return table_has(s, &p->codes, code) ||
                       (p->system != FST_NONE && s->systems[p->system].nocase && table_has_nocase(s, &p->codes, code))
                   ? FST_IN_YES
                   : FST_IN_NO;
    if (p->mode == FST_PART_ALL)
        return fst_system_has(s, p->system, code);
    return fst_view_is(fst_pool_view(s, p->url), FST_UCUM) && !fst_ucum_is_valid(s, code) ? FST_IN_NO : FST_IN_UNKNOWN;
}

enum fst_in fst_set_has(const struct fst_schema *s, uint16_t set, struct fst_view system, struct fst_view code)
{
    const struct fst_set_row *row = &s->sets[set];
    enum fst_in               best = FST_IN_NO;
    system = system.p ? without_version(system) : system;
    for (uint32_t i = row->parts; i < (uint32_t)row->parts + row->part_count; i++) {
        const struct fst_part_row *p = &s->parts[i];
        if (system.p && p->url.n && !fst_view_equal(fst_pool_view(s, p->url), system))
            continue;
        enum fst_in in = part_has(s, p, code);
        if (in == FST_IN_YES)
            return in;
        if (in == FST_IN_UNKNOWN)
            best = in;
    }
    return best;
}

/* ---- did you mean? */

enum { MAX_CODE = 32, MAX_EDITS = 2 };

/* The number of edits from a to b, letter case aside; above MAX_EDITS it may be any number above. */
static unsigned edits(struct fst_view a, struct fst_view b)
{
    uint8_t row[MAX_CODE + 1];
    if (a.n > MAX_CODE || b.n > MAX_CODE || a.n > b.n + MAX_EDITS || b.n > a.n + MAX_EDITS)
        return MAX_EDITS + 1;
    for (size_t j = 0; j <= b.n; j++)
        row[j] = (uint8_t)j;
    for (size_t i = 1; i <= a.n; i++) {
        uint8_t diagonal = row[0];
        row[0] = (uint8_t)i;
        for (size_t j = 1; j <= b.n; j++) {
            uint8_t above = row[j], left = row[j - 1];
            uint8_t swap = (uint8_t)(diagonal + ((a.p[i - 1] | 32) != (b.p[j - 1] | 32)));
            uint8_t step = (uint8_t)((above < left ? above : left) + 1);
            row[j] = swap < step ? swap : step;
            diagonal = above;
        }
    }
    return row[b.n];
}

struct fst_view fst_set_nearest(const struct fst_schema *s, uint16_t set, struct fst_view code)
{
    const struct fst_set_row *row = &s->sets[set];
    struct fst_view           nearest = { 0 };
    unsigned                  least = code.n <= 3 ? 1 : MAX_EDITS + 1; /* a short code is near to everything */
    for (uint32_t i = row->parts; i < (uint32_t)row->parts + row->part_count; i++) {
        const struct fst_part_row   *p = &s->parts[i];
        const struct fst_code_table *t = p->mode == FST_PART_CODES ? &p->codes : p->system != FST_NONE ? &s->systems[p->system].codes : NULL;
        for (uint32_t k = 0; t && k < t->count; k++) {
            struct fst_view other = fst_pool_view(s, s->codes[t->first + k].text);
            unsigned        n = edits(code, other);
            if (n < least) {
                least = n;
                nearest = other;
            }
        }
    }
    return nearest;
}
