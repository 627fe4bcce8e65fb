/* Objects that nothing could be said against, by their bytes: the same bytes in the same member are as good again.
 *
 * Resources repeat themselves: codes, units, references to the same patient, extensions. An object is remembered when its
 * judging told nothing and asked for nothing outside of it (see fst_beyond()); so that what it is in makes no difference
 * but for the member, and for whether that is in a Bundle's entry, where references are judged by what is there. What its
 * invariants cost is remembered too, and is charged again: a resource's work is bounded in the same way whatever came before
 * it. */
#include <stdlib.h>

#include "fhir/validate-profile-private.h"

enum {
    SLOTS = 1 << 13, PART_BIT = 1,
    ROOM = 1 << 20,            /* bytes for records; when it is full, all are forgotten */
    LEAST = 24, MOST = 2048,   /* bytes of an object worth remembering */
    /* Looking for what is never known costs: a member whose objects are new thrice as often as they are known … */
    PATIENCE = 12, GAIN = 3,
    REST = 100                 /* … is left alone for so many */
};

static const uint64_t ODD = 0x9E3779B97F4A7C15u;

struct record { /* the object's bytes are behind it */
    uint32_t len, place; /* see place_of() */
    uint32_t next;            /* the record that was met after it last time, as in slots */
    uint32_t rules, profiles; /* the steps they took */
};

struct fst_memo {
    uint32_t slots[SLOTS];          /* by hash: 1 + the record's place, in units of its alignment; 0: none */
    uint32_t used;                  /* bytes */
    uint32_t *last;                 /* of each member the record that was met last, as in slots */
    int8_t  *debt;                  /* of each member: how often its objects were new, less how often they were known; below 0: it rests */
    char    *records;
};

enum fst_status fst_memo_new(struct fst_memo **out, const struct fst_schema *schema)
{
    struct fst_memo *memo = *out = calloc(1, sizeof *memo);
    if (!memo)
        return FST_ENOMEM;
    memo->debt = calloc(schema->members_count, 1);
    memo->last = calloc(schema->members_count, sizeof *memo->last);
    memo->records = malloc(ROOM);
    if (memo->debt && memo->last && memo->records)
        return FST_OK;
    fst_memo_free(memo);
    *out = NULL;
    return FST_ENOMEM;
}

void fst_memo_free(struct fst_memo *memo)
{
    if (!memo)
        return;
    free(memo->debt);
    free(memo->last);
    free(memo->records);
    free(memo);
}

static struct record *record_at(const struct fst_memo *memo, uint32_t slot)
{
    return (struct record *)(void *)(memo->records + (size_t)(slot - 1) * _Alignof(struct record));
}

/* The member that the object is, or that it is a part of; in an entry or not. */
static uint32_t place_of(const struct fst_validator *v, const struct fst_member *m, enum fst_memo_part part)
{
    return (uint32_t)(m - v->schema->members) << 2 | (uint32_t)part << PART_BIT | (v->scope->entry != NULL);
}

static uint64_t word_at(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* Words spread evenly over the text. */
static inline __attribute__((always_inline)) uint64_t mix_words(struct fst_view text, unsigned words)
{
    size_t   step = (text.n - sizeof(uint64_t)) / (words - 1);
    uint64_t h = 0;

#pragma GCC unroll 19
    for (unsigned i = 0; i + 1 < words; i++)
        h ^= ((word_at(text.p + i * step) + i) * (ODD + 2 * i)) >> 7;
    return h ^ word_at(text.p + text.n - sizeof(uint64_t));
}

/* Of some of the bytes, all of a short text's: without a loop whose end has to be guessed. It is enough to tell apart what is met,
 * since the bytes are compared. */
static uint64_t hash_of(struct fst_view text, uint32_t place)
{
    enum { FEW = 8, MANY = 20 };
    uint64_t h = text.n <= FEW * sizeof(uint64_t) ? mix_words(text, FEW) : mix_words(text, MANY);

    h = (h ^ ((uint64_t)text.n << 32 | place) * ODD) * ODD;
    return h ^ h >> 29;
}

/* Its rules' work is charged as if they were asked again. */
static bool charge(struct fst_validator *v, const struct record *r)
{
    uint64_t *rules = fst_invariants_budget(v), *profiles = &v->profile_check->eval.budget;

    if (*rules <= r->rules || *profiles <= r->profiles)
        return false;
    *rules -= r->rules;
    *profiles -= r->profiles;
    return true;
}

static bool is_of(struct fst_validator *v, uint32_t slot, struct fst_view text, uint32_t place)
{
    const struct record *r = slot ? record_at(v->memo, slot) : NULL;
    return r && r->place == place && r->len == text.n && !memcmp(r + 1, text.p, text.n) && charge(v, r);
}

/* Objects follow each other in the same order again and again: the one that came behind the last is looked at first. */
static bool is_next(struct fst_validator *v, uint32_t *last, struct fst_view text, uint32_t place)
{
    uint32_t next = *last ? record_at(v->memo, *last)->next : 0;
    if (!is_of(v, next, text, place))
        return false;
    *last = next;
    return true;
}

static void set_next(struct fst_memo *memo, uint32_t *last, uint32_t slot)
{
    if (*last)
        record_at(memo, *last)->next = slot;
    *last = slot;
}

bool fst_memo_knows(struct fst_validator *v, const struct fst_member *m, enum fst_memo_part part, struct fst_view text,
                    struct fst_memo_mark *mark)
{
    struct fst_memo *memo = v->memo;
    size_t           member = m ? (size_t)(m - v->schema->members) : 0;
    bool             is_object = part == FST_MEMO_OBJECT;
    uint32_t         slot;

    mark->is_set = false;
    if (!memo || text.n < LEAST || text.n > MOST || v->verdict.errors || v->trial)
        return false;
    if (is_object && memo->debt[member] < 0) {
        memo->debt[member]++;
        return false;
    }
    mark->place = place_of(v, m, part);
    if (is_object && is_next(v, &memo->last[member], text, mark->place))
        return true;
    mark->hash = hash_of(text, mark->place);
    slot = memo->slots[mark->hash % SLOTS];
    if (is_of(v, slot, text, mark->place)) {
        if (is_object) {
            memo->debt[member] = memo->debt[member] > GAIN ? (int8_t)(memo->debt[member] - GAIN) : 0;
            set_next(memo, &memo->last[member], slot);
        }
        return true;
    }
    if (is_object && ++memo->debt[member] == PATIENCE)
        memo->debt[member] = -REST;
    mark->is_set = true;
    mark->beyond = v->beyond + fst_invariants_beyond(v);
    mark->rules = *fst_invariants_budget(v);
    mark->profiles = v->profile_check->eval.budget;
    return false;
}

void fst_memo_learn(struct fst_validator *v, const struct fst_member *m, struct fst_view text, const struct fst_memo_mark *mark)
{
    struct fst_memo *memo = v->memo;
    size_t           align = _Alignof(struct record), size = (sizeof(struct record) + text.n + align - 1) / align * align;
    uint32_t         slot;

    if (!mark->is_set || mark->beyond != v->beyond + fst_invariants_beyond(v) || fst_invariants_are_spent(v))
        return;
    if (memo->used + size > ROOM) {
        memset(memo->slots, 0, sizeof memo->slots);
        memset(memo->last, 0, v->schema->members_count * sizeof *memo->last);
        memo->used = 0;
    }
    slot = (uint32_t)(memo->used / align) + 1;
    *record_at(memo, slot) = (struct record){ .len = (uint32_t)text.n, .place = mark->place, .next = slot,
                                              .rules = (uint32_t)(mark->rules - *fst_invariants_budget(v)),
                                              .profiles = (uint32_t)(mark->profiles - v->profile_check->eval.budget) };
    memcpy(record_at(memo, slot) + 1, text.p, text.n);
    memo->used += (uint32_t)size;
    memo->slots[mark->hash % SLOTS] = slot;
    if (!(mark->place & 1u << PART_BIT))
        set_next(memo, &memo->last[m - v->schema->members], slot);
}
