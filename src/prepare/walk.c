#include "prepare/walk.h"

#include <stdlib.h>

#include "base/grow.h"
#include "input/frame.h"
#include "json/writer.h"
#include "prepare/skim.h"

enum { OFFSET_BITS = 40 };

/* Where a segment's part of a source begins. */
struct piece {
    uint32_t        source;
    size_t          segment;
    struct fst_mark mark;
};

struct source_state {
    enum fst_source_state state;
    uint64_t              bytes; /* after gunzip */
    char                 *error;
    struct piece         *pieces;
    size_t                count, cap;
};

struct fst_walk {
    const struct fst_prepare_opts *opts;
    struct fst_sources             sources;
    struct source_state           *states;
    struct piece                  *pieces; /* after the cut: of all sources, in order */
    size_t                         piece_count;
    size_t                        *first; /* of each segment, its first piece; one more at the end */
    size_t                         segment_count;
};

/* One thread's reading of one source. */
struct walker {
    struct fst_walk *w;
    uint32_t         source;
    fst_value_fn    *fn;
    void            *ctx;
    struct fst_tape  tape;
    uint64_t         seen; /* stored bytes told to the meter */
    struct fst_frame frame;
};

enum fst_status fst_walk_new(struct fst_walk **out, const struct fst_prepare_opts *opts, struct fst_error *err)
{
    struct fst_sources_opts from = { opts->inputs, opts->input_count, opts->out_dir, opts->tmp_dir, opts->store };
    struct fst_walk        *w = calloc(1, sizeof *w);
    enum fst_status         st;

    *out = w;
    if (!w)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    w->opts = opts;
    st = fst_sources_open(&w->sources, &from, err);
    if (!st) {
        w->states = calloc(w->sources.count + 1, sizeof *w->states);
        st = w->states ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
    }
    if (st) {
        fst_walk_free(w);
        *out = NULL;
    }
    return st;
}

void fst_walk_free(struct fst_walk *w)
{
    if (!w)
        return;
    for (size_t i = 0; w->states && i < w->sources.count; i++) {
        free(w->states[i].error);
        free(w->states[i].pieces);
    }
    free(w->states);
    free(w->pieces);
    free(w->first);
    fst_sources_close(&w->sources);
    free(w);
}

size_t fst_walk_source_count(const struct fst_walk *w)
{
    return w->sources.count;
}

uint64_t fst_walk_bytes(const struct fst_walk *w)
{
    return w->sources.bytes;
}

/* ---- slices to values */

static struct fst_value value_of(const struct walker *k, const struct fst_slice *s)
{
    const struct fst_mark *m = &s->mark;
    uint64_t               source = (uint64_t)k->source << OFFSET_BITS;

    return (struct fst_value){
        .text = s->text,
        .source = fst_view_of(k->w->sources.items[k->source].rel),
        .source_number = k->source,
        .offset = m->offset,
        .pos = source | m->offset,
        .line = m->line,
        .entry = m->entry,
        .bundle_line = m->bundle_line,
        .bundle = m->entry < 0 ? FST_NO_BUNDLE : source | m->bundle_offset,
        .bundle_offset = m->bundle_offset,
        .broken = s->broken,
        .rule = s->rule,
        .continued = s->continued,
    };
}

static struct fst_view skimmed_string(struct fst_view object, const char *name)
{
    bool            bad = false;
    struct fst_view v = fst_skim_member(object, name, &bad);
    return v.n >= 2 && v.p[0] == '"' ? fst_view_n(v.p + 1, v.n - 2) : (struct fst_view){ 0 };
}

/* A line that is a Bundle to be split. */
static bool is_split_line(const struct walker *k, const struct fst_slice *s)
{
    return s->mark.framing == FST_FRAMING_LINES && !s->broken && fst_view_is(skimmed_string(s->text, "resourceType"), "Bundle") &&
           fst_bundle_is_split(k->frame.opts.split, fst_bundle_type_find(skimmed_string(s->text, "type")));
}

/* The entries of such a line, which was parsed; `bundle` is the value that the line is. */
static enum fst_status give_entries(struct walker *k, const struct fst_value *bundle, uint32_t entries, struct fst_error *err)
{
    struct fst_value v = *bundle;
    enum fst_status  st = FST_OK;

    v.tape = &k->tape;
    v.bundle = bundle->pos;
    v.bundle_offset = bundle->offset;
    v.entry = 0;
    FST_EACH_ELEMENT(&k->tape, entries, item) {
        bool string = fst_tape_kind(&k->tape, item) == FST_JSON_STRING;
        v.text = fst_tape_raw(&k->tape, item);
        v.offset = bundle->offset + k->tape.nodes[item].off - string; /* a string's node begins behind its quote */
        v.text = fst_view_n(v.text.p - string, v.text.n + 2 * string);
        v.pos = (bundle->pos & ~(((uint64_t)1 << OFFSET_BITS) - 1)) | v.offset;
        v.root = item;
        st = k->fn(k->ctx, &v, err);
        if (st)
            break;
        v.entry++;
    }
    return st;
}

static enum fst_status give_slice(struct walker *k, const struct fst_slice *s, struct fst_error *err)
{
    struct fst_value      v = value_of(k, s);
    struct fst_json_opts  opts = { .parser = (enum fst_json_parser)k->w->opts->parser };
    struct fst_json_error jerr;
    enum fst_status       st;
    uint32_t              entries;

    if (!is_split_line(k, s))
        return k->fn(k->ctx, &v, err);
    st = fst_json_parse(&k->tape, s->text, &opts, &jerr);
    if (st == FST_EPARSE)
        return k->fn(k->ctx, &v, err); /* told where the value is judged */
    if (st)
        return fst_fail(err, st, "out of memory");
    entries = fst_tape_member(&k->tape, 0, "entry");
    return entries == FST_NO_NODE ? FST_OK : give_entries(k, &v, entries, err);
}

/* ---- reading */

/* Tell the meter how far reading has come, and hear whether to stop. */
static enum fst_status report_progress(struct walker *k, struct fst_error *err)
{
    struct fst_meter *meter = k->w->opts->meter;
    uint64_t          at = fst_frame_progress(&k->frame);

    if (!meter || at == k->seen)
        return FST_OK;
    meter->bytes += at - k->seen;
    k->seen = at;
    return fst_stopped_by(meter->stop, err);
}

static enum fst_status walker_open(struct walker *k, const struct fst_mark *from, struct fst_error *err)
{
    static const enum fst_split splits[] = {
        [FST_BUNDLES_DEFAULT] = FST_SPLIT_DEFAULT, [FST_BUNDLES_SPLIT] = FST_SPLIT_ALL, [FST_BUNDLES_KEEP] = FST_SPLIT_NONE,
    };
    struct fst_frame_opts opts = { splits[k->w->opts->bundles], k->w->opts->max_resource_bytes };
    return fst_frame_open(&k->frame, &k->w->sources.items[k->source], &opts, from, err);
}

static size_t segment_at(const struct walker *k, uint64_t offset)
{
    const struct fst_source *s = &k->w->sources.items[k->source];
    return (size_t)((s->base + (k->frame.w.reader.gzip ? 0 : offset)) / k->w->opts->segment_bytes);
}

/* The first slice of a segment is where its part of the source begins. */
static enum fst_status note_piece(struct walker *k, struct source_state *state, const struct fst_slice *s, struct fst_error *err)
{
    size_t segment = segment_at(k, s->mark.offset);

    if (s->continued || (state->count && state->pieces[state->count - 1].segment == segment))
        return FST_OK;
    if (!fst_grow(&state->pieces, state->count, &state->cap, sizeof *state->pieces))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    state->pieces[state->count++] = (struct piece){ k->source, segment, s->mark };
    return FST_OK;
}

static enum fst_status read_source(struct walker *k, struct source_state *state, struct fst_error *err)
{
    struct fst_slice s;
    enum fst_status  st;
    bool             more;

    for (;;) {
        st = fst_frame_next(&k->frame, &s, &more, err);
        if (!st)
            st = report_progress(k, err);
        if (st || !more)
            return st;
        st = note_piece(k, state, &s, err);
        if (!st)
            st = give_slice(k, &s, err);
        if (st)
            return st;
    }
}

static enum fst_status set_error(struct source_state *state, const char *text, struct fst_error *err)
{
    state->error = strdup(text);
    return state->error ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

enum fst_status fst_walk_source(struct fst_walk *w, size_t i, fst_value_fn *fn, void *ctx, struct fst_error *err)
{
    struct walker        k = { .w = w, .source = (uint32_t)i, .fn = fn, .ctx = ctx };
    struct source_state *state = &w->states[i];
    struct fst_error     why = { 0 };
    enum fst_status      st = walker_open(&k, NULL, &why);

    if (!st) {
        st = read_source(&k, state, &why);
        state->bytes = k.frame.w.end;
        if (k.frame.framing == FST_FRAMING_NOT_FHIR) {
            state->state = FST_SOURCE_WITHOUT_FHIR;
            if (!st)
                st = set_error(state, k.frame.why, &why);
        }
        fst_frame_close(&k.frame);
    }
    fst_tape_clear(&k.tape);
    if (st == FST_EINPUT) {
        state->state = FST_SOURCE_UNREADABLE;
        st = set_error(state, why.text, &why);
    }
    if (st && err)
        *err = why;
    return st;
}

void fst_walk_source_info(void *walk, size_t i, struct fst_manifest_source *info)
{
    const struct fst_walk *w = walk;
    *info = (struct fst_manifest_source){ w->sources.items[i].rel, w->states[i].bytes, w->states[i].state };
}

const char *fst_walk_source_error(const struct fst_walk *w, size_t i)
{
    return w->states[i].error;
}

const char *fst_walk_source_shown(const struct fst_walk *w, size_t i)
{
    return w->sources.items[i].shown;
}

uint64_t fst_walk_input_bytes(const struct fst_walk *w)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < w->sources.count; i++)
        bytes += w->states[i].state == FST_SOURCE_WITHOUT_FHIR ? 0 : w->states[i].bytes;
    return bytes;
}

/* ---- segments */

enum fst_status fst_walk_cut(struct fst_walk *w, struct fst_error *err)
{
    size_t count = 0, at = 0;

    for (size_t i = 0; i < w->sources.count; i++)
        count += w->states[i].count;
    w->segment_count = (size_t)(w->sources.bytes / w->opts->segment_bytes) + 1;
    w->pieces = malloc((count + 1) * sizeof *w->pieces);
    w->first = malloc((w->segment_count + 1) * sizeof *w->first);
    if (!w->pieces || !w->first)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (size_t i = 0; i < w->sources.count; i++)
        for (size_t p = 0; p < w->states[i].count; p++)
            w->pieces[w->piece_count++] = w->states[i].pieces[p];
    for (size_t s = 0; s <= w->segment_count; s++) {
        while (at < w->piece_count && w->pieces[at].segment < s)
            at++;
        w->first[s] = at;
    }
    return FST_OK;
}

size_t fst_walk_segment_count(const struct fst_walk *w)
{
    return w->segment_count;
}

size_t fst_walk_source_of(const struct fst_walk *w, uint64_t pos)
{
    (void)w;
    return (size_t)(pos >> OFFSET_BITS);
}

static uint64_t piece_pos(const struct piece *p)
{
    return (uint64_t)p->source << OFFSET_BITS | p->mark.offset;
}

size_t fst_walk_segment_of(const struct fst_walk *w, uint64_t pos)
{
    size_t low = 0, high = w->piece_count;

    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (piece_pos(&w->pieces[middle]) <= pos)
            low = middle;
        else
            high = middle;
    }
    return w->pieces[low].segment;
}

/* A piece ends where the next one of its source begins. */
static enum fst_status read_piece(struct walker *k, const struct piece *p, const struct piece *next, struct fst_error *err)
{
    uint64_t         end = next && next->source == p->source ? next->mark.offset : UINT64_MAX;
    struct fst_slice s;
    bool             more;
    enum fst_status  st = walker_open(k, &p->mark, err);

    if (st)
        return st;
    k->seen = fst_frame_progress(&k->frame);
    for (;;) {
        st = fst_frame_next(&k->frame, &s, &more, err);
        if (!st)
            st = report_progress(k, err);
        if (st || !more || s.mark.offset >= end)
            break;
        st = give_slice(k, &s, err);
        if (st)
            break;
    }
    fst_frame_close(&k->frame);
    return st;
}

enum fst_status fst_walk_segment(struct fst_walk *w, size_t segment, fst_value_fn *fn, void *ctx, struct fst_error *err)
{
    struct walker   k = { .w = w, .fn = fn, .ctx = ctx };
    enum fst_status st = FST_OK;

    for (size_t i = w->first[segment]; i < w->first[segment + 1] && !st; i++) {
        k.source = w->pieces[i].source;
        st = read_piece(&k, &w->pieces[i], i + 1 < w->piece_count ? &w->pieces[i + 1] : NULL, err);
        if (st == FST_EINPUT && w->states[k.source].state == FST_SOURCE_UNREADABLE)
            st = FST_OK; /* it broke off in the first pass too, and was noted then */
    }
    fst_tape_clear(&k.tape);
    return st;
}
