#include "prepare/settle.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/thread.h"
#include "json/writer.h"
#include "prepare/check.h"
#include "prepare/place.h"

enum { LINE_MAX_BYTES = 1 << 30, WORDS = 64 };

/* Of the memory budget, for each of the indexes here. */
static size_t share(const struct fst_settle *s)
{
    return (size_t)s->opts->memory_bytes / 24;
}

/* ---- which values are contested */

struct search {
    const struct fst_settle *s;
    struct fst_index        *contested;
    uint64_t                *segments; /* a bit each: it has a contested value */
    size_t                   found;
};

static enum fst_status note_contested(struct search *x, uint64_t pos, struct fst_error *err)
{
    struct fst_record r = { fst_key_position(pos), pos, 0 };
    size_t            segment = fst_walk_segment_of(x->s->walk, pos);

    x->segments[segment / WORDS] |= UINT64_C(1) << segment % WORDS;
    x->found++;
    return fst_index_add(x->contested, 0, &r, err);
}

/* Every group of more than one record among the keys of a kind. */
static enum fst_status search_groups(struct search *x, enum fst_key_kind kind, struct fst_error *err)
{
    struct fst_index_reader  r;
    const struct fst_record *record;
    struct fst_record        last = { 0 };
    bool                     has_last = false, last_noted = false;
    enum fst_status          st = fst_index_reader_init(&r, x->s->registry->index, err);

    if (!st)
        st = fst_index_seek(&r, fst_key_first(kind), 0, err);
    while (!st) {
        st = fst_index_next(&r, &record, err);
        if (st || !record || fst_key_kind(record->key) != kind)
            break;
        if (has_last && !fst_hash128_compare(last.key, record->key)) {
            if (!last_noted)
                st = note_contested(x, last.pos, err);
            if (!st)
                st = note_contested(x, record->pos, err);
            last_noted = true;
        } else {
            last_noted = false;
        }
        last = *record;
        has_last = true;
    }
    fst_index_reader_clear(&r);
    return st;
}

/* ---- looking at them */

struct examiner { /* one a thread */
    const struct fst_settle *s;
    struct fst_settled      *out;
    unsigned                 writer;
    struct fst_index_reader  contested, index;
    struct fst_facts         facts;
    struct fst_tape          tape;
    struct fst_buf           line;
    struct fst_checker       checker;
};

static void ignore_issue(void *ctx, const struct fst_issue *issue)
{
}

static enum fst_status examiner_init(struct examiner *e, const struct fst_settle *s, struct fst_settled *out,
                                     unsigned writer, struct fst_error *err)
{
    enum fst_status st;

    *e = (struct examiner){ .s = s, .out = out, .writer = writer };
    fst_facts_init(&e->facts);
    fst_buf_init(&e->line, LINE_MAX_BYTES);
    st = fst_checker_init(&e->checker, s->opts, NULL, ignore_issue, NULL, err);
    if (!st)
        st = fst_index_reader_init(&e->contested, out->contested, err);
    return st ? st : fst_index_reader_init(&e->index, s->registry->index, err);
}

static void examiner_clear(struct examiner *e)
{
    fst_index_reader_clear(&e->contested);
    fst_index_reader_clear(&e->index);
    fst_checker_clear(&e->checker);
    fst_facts_clear(&e->facts);
    fst_tape_clear(&e->tape);
    fst_buf_clear(&e->line);
}

static enum fst_status add_verdict(struct examiner *e, struct fst_hash128 key, uint64_t pos, uint64_t extra,
                                   struct fst_error *err)
{
    struct fst_record r = { key, pos, extra };
    return fst_index_add(e->out->verdicts, e->writer, &r, err);
}

/* What the first pass kept for the create at `pos`. */
static enum fst_status create_handle(struct examiner *e, struct fst_hash128 key, uint64_t pos, uint64_t *handle,
                                     struct fst_error *err)
{
    const struct fst_record *found;
    enum fst_status          st = fst_index_seek(&e->index, key, pos, err);

    if (!st)
        st = fst_index_next_of(&e->index, key, &found, err);
    *handle = !st && found ? found->extra : 0;
    return st;
}

static enum fst_status add_verdicts(struct examiner *e, const struct fst_value *v, const struct fst_identity *id,
                                    bool sound, struct fst_error *err)
{
    struct fst_view search = e->facts.text[FST_FACT_IF_NONE_EXIST];
    uint64_t        place = (v->entry >= 0 ? v->bundle_line : v->line) << 32 | ((uint64_t)(v->entry + 1) & UINT32_MAX);
    uint64_t        handle;
    enum fst_status st = add_verdict(e, fst_key_position(v->pos), v->pos, place, err);

    if (!st && id->origin == FST_ID_KNOWN)
        st = add_verdict(e, fst_key_claim(id->type, id->id), v->pos,
                         fst_verdict(fst_hash128(fst_buf_view(&e->line), 0).lo, sound), err);
    if (st || !search.n)
        return st;
    st = create_handle(e, fst_key_create(id->type, search), v->pos, &handle, err);
    return st ? st : add_verdict(e, fst_key_create(id->type, search), v->pos, fst_verdict(handle, sound), err);
}

static enum fst_status parse(struct examiner *e, const struct fst_value *v, const struct fst_tape **t, uint32_t *root,
                             struct fst_error *err)
{
    struct fst_json_opts  opts = { .parser = e->s->registry->parser };
    struct fst_json_error jerr;
    enum fst_status       st;

    *t = v->tape;
    *root = v->root;
    if (v->tape)
        return FST_OK;
    st = fst_json_parse(&e->tape, v->text, &opts, &jerr);
    if (!st)
        *t = &e->tape;
    *root = 0;
    return st == FST_ENOMEM ? fst_fail(err, st, "out of memory") : FST_OK;
}

static enum fst_status examine(void *ctx, const struct fst_value *v, struct fst_error *err)
{
    struct examiner       *e = ctx;
    const struct fst_tape *t;
    struct fst_identity    id;
    struct fst_scope       scope;
    uint32_t               root, resource;
    bool                   is_contested;
    enum fst_status        st = fst_index_has(&e->contested, fst_key_position(v->pos), v->pos, &is_contested, err);

    if (st || !is_contested || v->broken)
        return st;
    st = parse(e, v, &t, &root, err);
    if (st || !t) /* no JSON: it claims nothing */
        return st;
    fst_facts_read(&e->facts, t, root, v->entry >= 0, &resource);
    fst_identity_of(&id, &e->facts, fst_value_scope(e->s->registry, v, &scope));
    if (id.type == FST_NO_TYPE || fst_value_skip(e->s->registry->selection, &e->facts, v->entry >= 0) != FST_SKIP_COUNT)
        return FST_OK;
    e->checker.errors = 0;
    st = fst_check_resource(&e->checker, t, resource, v->bundle, err);
    if (st)
        return st;
    fst_buf_reset(&e->line);
    fst_json_minify(&e->line, t, resource);
    st = fst_buf_check(&e->line, err);
    return st ? st : add_verdicts(e, v, &id, !e->checker.errors, err);
}

struct examination {
    const struct search *search;
    struct examiner     *examiners;
    size_t              *segments; /* those with contested values */
};

static enum fst_status examine_segment(void *ctx, size_t task, unsigned worker, struct fst_error *err)
{
    struct examination *x = ctx;
    return fst_walk_segment(x->search->s->walk, x->segments[task], examine, &x->examiners[worker], err);
}

static enum fst_status examine_all(const struct search *x, struct fst_settled *out, struct fst_error *err)
{
    const struct fst_settle *s = x->s;
    size_t                   total = fst_walk_segment_count(s->walk), n = 0;
    struct examination       run = { .search = x };
    enum fst_status          st = fst_index_new(&out->verdicts, share(s), s->opts->jobs, s->opts->tmp_dir, err);

    run.examiners = calloc(s->opts->jobs, sizeof *run.examiners);
    run.segments = calloc(total + 1, sizeof *run.segments);
    if (!st && (!run.examiners || !run.segments))
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    for (unsigned i = 0; i < s->opts->jobs && !st; i++)
        st = examiner_init(&run.examiners[i], s, out, i, err);
    for (size_t i = 0; i < total && !st; i++)
        if (x->segments[i / WORDS] >> i % WORDS & 1)
            run.segments[n++] = i;
    if (!st)
        st = fst_run_tasks(n, s->opts->jobs, examine_segment, &run, err);
    for (unsigned i = 0; run.examiners && i < s->opts->jobs; i++)
        examiner_clear(&run.examiners[i]);
    free(run.examiners);
    free(run.segments);
    return st ? st : fst_index_finish(out->verdicts, err);
}

/* ---- the creates that come too late: all but the first sound one of a group */

static enum fst_status find_losers(const struct fst_settle *s, struct fst_settled *out, struct fst_error *err)
{
    struct fst_index_reader  r;
    const struct fst_record *record;
    struct fst_hash128       group = { 0, 0 };
    bool                     won = false;
    enum fst_status          st = fst_index_new(&out->losers, share(s), 1, s->opts->tmp_dir, err);

    if (st)
        return st;
    st = fst_index_reader_init(&r, out->verdicts, err);
    if (!st)
        st = fst_index_seek(&r, fst_key_first(FST_KEY_CREATE), 0, err);
    while (!st) {
        st = fst_index_next(&r, &record, err);
        if (st || !record || fst_key_kind(record->key) != FST_KEY_CREATE)
            break;
        if (fst_hash128_compare(group, record->key))
            won = false;
        group = record->key;
        if (won) {
            struct fst_record loser = { fst_key_position(record->pos), record->pos, 0 };
            st = fst_index_add(out->losers, 0, &loser, err);
        }
        won |= record->extra & 1;
    }
    fst_index_reader_clear(&r);
    return st ? st : fst_index_finish(out->losers, err);
}

/* ---- --duplicates fail */

static enum fst_status say_duplicate(const struct fst_settle *s, uint64_t pos, uint64_t place, struct fst_error *err)
{
    struct fst_manifest_source source = { 0 };
    struct fst_value           v = { .line = place >> 32, .bundle_line = place >> 32,
                                     .entry = (int64_t)(place & UINT32_MAX) - 1 };
    struct fst_buf             where;

    fst_walk_source_info(s->walk, fst_walk_source_of(s->walk, pos), &source);
    v.source = fst_view_of(source.path);
    fst_buf_init(&where, LINE_MAX_BYTES);
    fst_place_value(&where, &v);
    fst_fail(err, FST_EREJECTED, "%s: a resource of the same type and id came before", fst_buf_str(&where));
    fst_error_hint(err, "--duplicates first stages the first of them, and sets aside those that differ");
    fst_buf_clear(&where);
    return FST_EREJECTED;
}

/* Is there a second sound claim in some group? */
static enum fst_status refuse_duplicates(const struct fst_settle *s, const struct fst_settled *out, struct fst_error *err)
{
    struct fst_index_reader  claims, losers, places;
    const struct fst_record *record;
    struct fst_hash128       group = { UINT64_MAX, 0 };
    bool                     loses;
    enum fst_status          st = fst_index_reader_init(&claims, out->verdicts, err);

    if (!st)
        st = fst_index_reader_init(&losers, out->losers, err);
    if (!st)
        st = fst_index_reader_init(&places, out->verdicts, err);
    if (!st)
        st = fst_index_seek(&claims, fst_key_first(FST_KEY_CLAIM), 0, err);
    while (!st) {
        st = fst_index_next(&claims, &record, err);
        if (st || !record || fst_key_kind(record->key) != FST_KEY_CLAIM)
            break;
        st = fst_index_has(&losers, fst_key_position(record->pos), record->pos, &loses, err);
        if (st || loses || !(record->extra & 1))
            continue;
        if (!fst_hash128_compare(group, record->key)) {
            uint64_t pos = record->pos;
            st = fst_index_seek(&places, fst_key_position(pos), pos, err);
            if (!st)
                st = fst_index_next(&places, &record, err);
            if (!st)
                st = say_duplicate(s, pos, record->extra, err);
            break;
        }
        group = record->key;
    }
    fst_index_reader_clear(&claims);
    fst_index_reader_clear(&losers);
    fst_index_reader_clear(&places);
    return st;
}

void fst_settled_clear(struct fst_settled *out)
{
    fst_index_free(out->contested);
    fst_index_free(out->verdicts);
    fst_index_free(out->losers);
    *out = (struct fst_settled){ 0 };
}

enum fst_status fst_settle(const struct fst_settle *s, struct fst_settled *out, struct fst_error *err)
{
    struct search   x = { .s = s };
    enum fst_status st = fst_index_new(&x.contested, share(s), 1, s->opts->tmp_dir, err);

    *out = (struct fst_settled){ .contested = x.contested };
    x.segments = calloc(fst_walk_segment_count(s->walk) / WORDS + 1, sizeof *x.segments);
    if (!st && !x.segments)
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    if (!st && s->registry->claims)
        st = search_groups(&x, FST_KEY_CLAIM, err);
    if (!st && s->registry->creates)
        st = search_groups(&x, FST_KEY_CREATE, err);
    if (!st)
        st = fst_index_finish(x.contested, err);
    if (!st && x.found)
        st = examine_all(&x, out, err);
    if (!st && x.found)
        st = find_losers(s, out, err);
    if (!st && x.found && s->opts->duplicates == FST_DUPLICATES_FAIL)
        st = refuse_duplicates(s, out, err);
    free(x.segments);
    if (st || !x.found)
        fst_settled_clear(out);
    return st;
}
