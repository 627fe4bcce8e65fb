#include "prepare/outcome.h"

#include <inttypes.h>
#include <stdio.h>

#include "fhirstage/profiles.h"
#include "json/writer.h"
#include "prepare/place.h"

enum { LINE_CEILING = 1 << 30, UNRESOLVED_BUFFER = 16 * 1024, KEY_MAX = 64 };

/* An fst_where_fn. */
static void say_where(void *ctx, struct fst_buf *out)
{
    fst_place_value(out, ((struct fst_outcomes *)ctx)->value);
}

/* An fst_issue_fn: every issue against the value at hand comes by here. */
static void note_issue(void *ctx, const struct fst_issue *issue)
{
    struct fst_outcomes *o = ctx;

    fst_quarantine_issue(&o->quarantine, issue);
    fst_findings_add(o->findings, issue, o->value->pos, say_where, o);
}

/* An fst_keeps_profile_fn. */
static bool keeps_profile(void *ctx, struct fst_view canonical)
{
    return fst_profiles_know(ctx, canonical);
}

enum fst_status fst_outcomes_init(struct fst_outcomes *o, const struct fst_outcome_shared *shared, struct fst_error *err)
{
    const struct fst_prepare_opts *opts = shared->opts;
    size_t                         max = (size_t)opts->max_resource_bytes;
    enum fst_status                st;

    *o = (struct fst_outcomes){ .shared = shared };
    fst_facts_init(&o->facts);
    fst_buf_init(&o->line, LINE_CEILING);
    fst_buf_init(&o->path, LINE_CEILING);
    fst_rewriter_init(&o->rewriter, &o->resolver);
    o->strip = (struct fst_strip){ keeps_profile, opts->profiles };
    o->rewriter.strip = opts->unknown_profile == FST_UNKNOWN_PROFILE_STRIP ? &o->strip : NULL;
    fst_chunks_init(&o->chunks, &(struct fst_chunks_opts){ .dir = shared->dir, .sink = opts->sink, .jobs = shared->jobs,
                                                           .chunk_bytes = opts->chunk_bytes, .buffer_bytes = shared->buffer_bytes,
                                                           .max_line = max * 2, .list = shared->chunks });
    fst_quarantine_init(&o->quarantine, shared->dir);
    fst_part_init(&o->unresolved, UNRESOLVED_BUFFER, LINE_CEILING);
    o->findings = opts->findings ? fst_findings_new() : NULL;
    st = fst_resolver_init(&o->resolver, shared->registry, shared->settled, err);
    return st ? st : fst_checker_init(&o->checker, opts, &o->resolver, note_issue, o, err);
}

void fst_outcomes_clear(struct fst_outcomes *o)
{
    fst_facts_clear(&o->facts);
    fst_tape_clear(&o->tape);
    fst_rewriter_clear(&o->rewriter);
    fst_checker_clear(&o->checker);
    fst_resolver_clear(&o->resolver);
    fst_chunks_clear(&o->chunks);
    fst_quarantine_clear(&o->quarantine);
    fst_part_clear(&o->unresolved);
    fst_buf_clear(&o->line);
    fst_buf_clear(&o->path);
    fst_findings_free(o->findings);
}

void fst_outcomes_begin(struct fst_outcomes *o, size_t segment)
{
    fst_chunks_begin(&o->chunks, (uint32_t)segment + 1);
    fst_quarantine_begin(&o->quarantine, (uint32_t)segment + 1);
    o->unresolved_begun = false;
}

enum fst_status fst_outcomes_end(struct fst_outcomes *o, struct fst_error *err)
{
    enum fst_status st = fst_chunks_end(&o->chunks, err);

    if (!st)
        st = fst_quarantine_end(&o->quarantine, err);
    if (!st && o->unresolved_begun)
        st = fst_part_finish(&o->unresolved, err);
    return st;
}

/* ---- saying */

static enum fst_status reject(struct fst_outcomes *o, struct fst_error *err)
{
    struct fst_view bytes = o->t && o->facts.resource.n ? o->facts.resource : o->value->text;
    struct fst_view type = o->t ? o->facts.text[FST_FACT_TYPE] : (struct fst_view){ 0 };

    o->figures.quarantined++;
    if (o->shared->opts->meter)
        o->shared->opts->meter->rejected++;
    return fst_quarantine_add(&o->quarantine, o->value, bytes, type, err);
}

/* A line of meta/unresolved: where, and which element. */
static enum fst_status list_unresolved(struct fst_outcomes *o, struct fst_error *err)
{
    char            key[KEY_MAX];
    enum fst_status st = FST_OK;

    if (!o->unresolved_begun) {
        snprintf(key, sizeof key, "meta/unresolved/unresolved-%06" PRIu32 ".tsv", o->chunks.segment);
        st = fst_part_begin(&o->unresolved, o->shared->dir, key, false, err);
        o->unresolved_begun = true;
    }
    if (st)
        return st;
    fst_place_value(&o->unresolved.buf, o->value);
    fst_buf_addf(&o->unresolved.buf, "\t%s\n", fst_buf_str(&o->path));
    return fst_part_added(&o->unresolved, err);
}

static enum fst_status fail_unresolved(struct fst_outcomes *o, struct fst_error *err)
{
    struct fst_buf where;

    fst_buf_init(&where, LINE_CEILING);
    fst_place_value(&where, o->value);
    fst_fail(err, FST_EREJECTED, "%s: %s leads to no resource of the input", fst_buf_str(&where), fst_buf_str(&o->path));
    fst_error_hint(err, "--unresolved keep stages it as it is, --unresolved quarantine sets the resource aside");
    fst_buf_clear(&where);
    return FST_EREJECTED;
}

/* An fst_unresolved_fn. */
static enum fst_status meet_unresolved(void *ctx, uint32_t node, struct fst_error *err)
{
    static const struct fst_view text = FST_VIEW("the reference leads to no resource of the input");
    struct fst_outcomes *o = ctx;

    fst_buf_reset(&o->path);
    fst_place_path(&o->path, o->t, o->root, node);
    switch (o->shared->opts->unresolved) {
    case FST_UNRESOLVED_FAIL: return fail_unresolved(o, err);
    case FST_UNRESOLVED_QUARANTINE:
        fst_check_report(&o->checker, FST_ISSUE_NOT_FOUND, "unresolved", fst_buf_view(&o->path), text);
        return FST_OK;
    case FST_UNRESOLVED_KEEP: break;
    }
    o->figures.unresolved++;
    return list_unresolved(o, err);
}

/* ---- deciding */

/* Parse unless it was parsed already. *sound is false when the bytes are no JSON; that is noted. */
static enum fst_status parse(struct fst_outcomes *o, bool *sound, struct fst_error *err)
{
    struct fst_json_opts  opts = { .parser = (enum fst_json_parser)o->shared->opts->parser };
    struct fst_json_error jerr;
    enum fst_status       st;

    *sound = true;
    o->root = o->value->root;
    o->t = o->value->tape;
    if (o->t)
        return FST_OK;
    st = fst_json_parse(&o->tape, o->value->text, &opts, &jerr);
    if (!st) {
        o->t = &o->tape;
        return FST_OK;
    }
    *sound = false;
    if (st != FST_EPARSE)
        return fst_fail(err, st, "out of memory");
    fst_check_refuse_text(&o->checker, o->value->text, &jerr);
    return FST_OK;
}

static void refuse_duplicate(struct fst_outcomes *o, uint64_t other)
{
    struct fst_manifest_source source;
    struct fst_buf             text;

    fst_walk_source_info((void *)o->shared->walk, fst_walk_source_of(o->shared->walk, other), &source);
    fst_buf_init(&text, LINE_CEILING);
    fst_buf_addf(&text, "another resource of this type and id, with other content, came before, in %s", source.path);
    fst_check_report(&o->checker, FST_ISSUE_DUPLICATE, "duplicate", (struct fst_view){ 0 }, fst_buf_view(&text));
    fst_buf_clear(&text);
}

static enum fst_status skip(struct fst_outcomes *o, enum fst_skip why)
{
    o->figures.skipped[why]++;
    return FST_OK;
}

/* The id that nobody gave. */
static enum fst_status find_anonymous(struct fst_outcomes *o, struct fst_identity *id, struct fst_error *err)
{
    uint8_t         sha256[FST_SHA256_BYTES];
    enum fst_status st;

    if (id->origin != FST_ID_ANONYMOUS)
        return FST_OK;
    fst_buf_reset(&o->line);
    fst_json_minify(&o->line, o->t, o->root);
    st = fst_buf_check(&o->line, err);
    if (st)
        return st;
    fst_sha256(fst_buf_view(&o->line), sha256);
    return fst_resolve_anonymous(&o->resolver, sha256, o->value->pos, id->id, err);
}

static enum fst_status stage(struct fst_outcomes *o, const struct fst_identity *id, struct fst_error *err)
{
    struct fst_buf *out;
    enum fst_status st = fst_rewrite_scan(&o->rewriter, o->t, o->root, o->value->bundle, id->id, meet_unresolved, o, err);

    if (st)
        return st;
    if (o->checker.errors)
        return reject(o, err);
    st = fst_chunks_line(&o->chunks, id->type, &out, err);
    if (st)
        return st;
    fst_rewrite_write(&o->rewriter, out);
    o->figures.resources++;
    return fst_chunks_commit(&o->chunks, o->value, err);
}

static enum fst_status decide_fate(struct fst_outcomes *o, struct fst_identity *id, struct fst_error *err)
{
    struct fst_hash128 claim = { 0, 0 };
    enum fst_fate      fate;
    uint64_t           other = 0;
    enum fst_status    st;

    if (id->origin == FST_ID_KNOWN)
        claim = fst_key_claim(id->type, id->id);
    st = fst_resolve_fate(&o->resolver, o->value->pos, claim, &fate, &other, err);
    if (st)
        return st;
    switch (fate) {
    case FST_FATE_REPEATED: return skip(o, FST_SKIP_REPEATED);
    case FST_FATE_CREATED_BEFORE: return skip(o, FST_SKIP_CREATED_BEFORE);
    case FST_FATE_DUPLICATE: refuse_duplicate(o, other); return reject(o, err);
    case FST_FATE_STAGED: break;
    }
    st = find_anonymous(o, id, err);
    return st ? st : stage(o, id, err);
}

static enum fst_status judge(struct fst_outcomes *o, struct fst_error *err)
{
    const struct fst_value *v = o->value;
    struct fst_identity     id;
    struct fst_scope        scope;
    enum fst_skip           why;
    uint32_t                resource;
    enum fst_status         st;

    fst_facts_read(&o->facts, o->t, o->root, v->entry >= 0, &resource);
    if (v->entry >= 0 && fst_tape_kind(o->t, o->root) != FST_JSON_OBJECT) {
        fst_check_refuse_bytes(&o->checker, "entry-object", "an entry of a Bundle is a JSON object");
        return reject(o, err);
    }
    why = fst_value_skip(o->shared->registry->selection, &o->facts, v->entry >= 0);
    if (why != FST_SKIP_COUNT)
        return skip(o, why);
    o->root = resource;
    st = fst_check_resource(&o->checker, o->t, o->root, v->bundle, err);
    o->figures.unknown_profiles = o->checker.unknown_profiles;
    if (st)
        return st;
    if (o->checker.errors)
        return reject(o, err);
    fst_identity_of(&id, &o->facts, fst_value_scope(o->shared->registry, v, &scope));
    return decide_fate(o, &id, err);
}

enum fst_status fst_outcome(void *ctx, const struct fst_value *v, struct fst_error *err)
{
    struct fst_outcomes *o = ctx;
    bool                 sound;
    enum fst_status      st;

    if (v->continued)
        return fst_quarantine_more(&o->quarantine, v->text, err);
    o->value = v;
    o->t = NULL;
    o->checker.errors = 0;
    o->figures.values++;
    if (o->shared->opts->meter)
        o->shared->opts->meter->resources++;
    fst_quarantine_reset(&o->quarantine);
    if (v->broken) {
        fst_check_refuse_bytes(&o->checker, v->rule, v->broken);
        return reject(o, err);
    }
    st = parse(o, &sound, err);
    if (st)
        return st;
    return sound ? judge(o, err) : reject(o, err);
}
