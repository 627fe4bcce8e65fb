#include "pipeline/failures.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/grow.h"
#include "base/str.h"
#include "json/tape.h"
#include "prepare/provenance.h"
#include "prepare/skim.h"

enum { LINE_CEILING = 512 << 20, TEXT_CEILING = 1 << 20 };

static const char folder[] = "FAILURE/";

struct key_list {
    char **items;
    size_t count, cap;
};

struct reading {
    struct fst_aws       *a;
    struct fst_view       bucket;
    struct fst_buf        prefix; /* of the logs, with its slash */
    const struct fst_failures_of *of;
    const char           *input;  /* the folder that was imported, with its slash */
    struct key_list       keys;
    struct fst_provenance provenance;
    bool                  has_provenance;
    const char           *chunk;      /* that the log at hand is about; where it is not ours, by its name alone */
    bool                  from_zero;  /* lines count from 0 */
    bool                  counting;   /* the first pass: only to find that out */
    struct fst_buf        line, name, text[4];
    struct fst_tape       tape;
    fst_failure_fn       *fn;
    void                 *ctx;
};

/* ---- a line: {"lineId":3,"UpdateResourceResponse":{"jsonBlob":{…OperationOutcome…},"statusCode":400}}
 * The published samples are not all well-formed: what is sought is found by its name, wherever it stands. */

static struct fst_view value_after(struct fst_view line, const char *name)
{
    const char *at = memmem(line.p, line.n, name, strlen(name));
    const char *end = line.p + line.n;
    size_t      n;

    if (!at)
        return (struct fst_view){ 0 };
    at += strlen(name);
    while (at < end && (*at == ' ' || *at == ':'))
        at++;
    n = at < end ? fst_skim_value(at, end) : 0;
    return fst_view_n(at, n);
}

static const char *text_of(struct reading *r, int i, uint32_t object, const char *name)
{
    struct fst_view v;
    struct fst_buf  scratch;

    fst_buf_init(&scratch, TEXT_CEILING);
    fst_buf_reset(&r->text[i]);
    v = object == FST_NO_NODE ? (struct fst_view){ 0 } : fst_tape_member_string(&r->tape, object, name, &scratch);
    fst_buf_add_view(&r->text[i], v);
    fst_buf_clear(&scratch);
    return fst_buf_str(&r->text[i]);
}

/* The first of the issues that is an error, else the first. */
static uint32_t main_issue(const struct fst_tape *t)
{
    uint32_t issues = fst_tape_member(t, 0, "issue"), first = FST_NO_NODE;

    if (issues == FST_NO_NODE)
        return FST_NO_NODE;
    FST_EACH_ELEMENT(t, issues, issue) {
        uint32_t severity = fst_tape_member(t, issue, "severity");
        if (first == FST_NO_NODE)
            first = issue;
        if (severity != FST_NO_NODE && (fst_tape_string_is(t, severity, "error") || fst_tape_string_is(t, severity, "fatal")))
            return issue;
    }
    return first;
}

static const char *location_of(struct reading *r, uint32_t issue)
{
    static const char *const names[] = { "location", "expression" };

    fst_buf_reset(&r->text[3]);
    for (size_t i = 0; i < FST_COUNT(names) && issue != FST_NO_NODE && !r->text[3].len; i++) {
        uint32_t       list = fst_tape_member(&r->tape, issue, names[i]), item = fst_tape_first(&r->tape, list);
        struct fst_buf scratch;
        fst_buf_init(&scratch, TEXT_CEILING);
        if (list != FST_NO_NODE && item != FST_NO_NODE)
            fst_buf_add_view(&r->text[3], fst_tape_string(&r->tape, item, &scratch));
        fst_buf_clear(&scratch);
    }
    return fst_buf_str(&r->text[3]);
}

static void find_source(struct reading *r, struct fst_failure *f)
{
    struct fst_place place;

    if (!r->has_provenance || fst_provenance_find(&r->provenance, f->line, &place, NULL))
        return;
    f->source = place.source;
    f->source_line = place.line;
    f->entry = place.entry;
}

static void tell(struct reading *r, struct fst_view line, uint64_t id)
{
    struct fst_failure    f = { .chunk = r->chunk, .line = id + r->from_zero, .entry = -1 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL, .allow_duplicates = true };
    struct fst_json_error jerr;
    struct fst_view       blob = value_after(line, "\"jsonBlob\""), status = value_after(line, "\"statusCode\"");
    uint64_t              code = 0;
    uint32_t              issue = FST_NO_NODE;

    if (blob.n && !fst_json_parse(&r->tape, blob, &opts, &jerr))
        issue = main_issue(&r->tape);
    f.severity = text_of(r, 0, issue, "severity");
    f.code = text_of(r, 1, issue, "code");
    f.diagnostics = text_of(r, 2, issue, "diagnostics");
    f.location = location_of(r, issue);
    if (status.n && fst_parse_u64(&code, status))
        f.status_code = (int)code;
    find_source(r, &f);
    r->fn(r->ctx, &f);
}

static void take_line(struct reading *r, struct fst_view line)
{
    struct fst_view id = value_after(line, "\"lineId\"");
    uint64_t        n = 0;

    if (!line.n || !id.n || !fst_parse_u64(&n, id))
        return;
    if (r->counting)
        r->from_zero |= n == 0;
    else
        tell(r, line, n);
}

/* An fst_http_sink_fn: lines out of what comes. */
static bool take_bytes(void *ctx, const char *p, size_t n)
{
    struct reading *r = ctx;

    while (n) {
        const char *newline = memchr(p, '\n', n);
        size_t      len = newline ? (size_t)(newline - p) : n;
        fst_buf_add(&r->line, p, len);
        if (fst_buf_status(&r->line))
            return false;
        if (!newline)
            return true;
        take_line(r, fst_buf_view(&r->line));
        fst_buf_reset(&r->line);
        p += len + 1;
        n -= len + 1;
    }
    return true;
}

/* ---- the logs */

static enum fst_status take_key(void *ctx, const struct fst_s3_object *o, struct fst_error *err)
{
    struct key_list *l = ctx;

    if (!fst_grow(&l->items, l->count, &l->cap, sizeof *l->items))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    l->items[l->count] = strndup(o->key.p, o->key.n);
    return l->items[l->count++] ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

/* The chunk that a log is about: it has the chunk's name, under the folders of the input. */
static enum fst_status open_log(struct reading *r, const char *key, struct fst_error *err)
{
    const struct fst_manifest_chunk *chunk;
    enum fst_status                  st;

    fst_provenance_clear(&r->provenance);
    r->has_provenance = false;
    fst_buf_reset(&r->name);
    fst_buf_addf(&r->name, "%s%s", r->input, key + r->prefix.len);
    r->chunk = fst_buf_str(&r->name);
    chunk = r->of->dir ? fst_manifest_find(r->of->manifest, r->chunk) : NULL;
    if (!chunk)
        return FST_OK;
    st = fst_provenance_load(&r->provenance, r->of->dir, chunk->key, err);
    r->has_provenance = !st;
    return st;
}

static enum fst_status read_log(struct reading *r, const char *key, struct fst_error *err)
{
    enum fst_status st = open_log(r, key, err);

    fst_buf_reset(&r->line);
    if (!st)
        st = fst_s3_get(r->a, r->bucket, fst_view_of(key), take_bytes, r, err);
    if (!st && r->line.len)
        take_line(r, fst_buf_view(&r->line));
    return st;
}

static enum fst_status read_all(struct reading *r, const char *output_uri, struct fst_error *err)
{
    struct fst_view prefix;
    enum fst_status st = fst_s3_parse_url(&r->bucket, &prefix, output_uri, err);

    fst_buf_add_view(&r->prefix, prefix);
    fst_buf_addf(&r->prefix, "%s%s", prefix.n ? "/" : "", folder);
    if (!st)
        st = fst_s3_list(r->a, r->bucket, fst_buf_view(&r->prefix), take_key, &r->keys, err);
    r->counting = true; /* whether lines count from 0 or 1 is not documented: a line 0 tells */
    for (size_t i = 0; i < r->keys.count && !st && !r->from_zero; i++)
        st = read_log(r, r->keys.items[i], err);
    r->counting = false;
    for (size_t i = 0; i < r->keys.count && !st; i++)
        st = read_log(r, r->keys.items[i], err);
    return st;
}

enum fst_status fst_failures_read(struct fst_aws *a, const struct fst_failures_of *of, const char *input, const char *output_uri,
                                  fst_failure_fn *fn, void *ctx, struct fst_error *err)
{
    struct reading  r = { .a = a, .of = of, .input = input, .fn = fn, .ctx = ctx };
    enum fst_status st;

    fst_buf_init(&r.prefix, TEXT_CEILING);
    fst_buf_init(&r.line, LINE_CEILING);
    fst_buf_init(&r.name, TEXT_CEILING);
    for (size_t i = 0; i < FST_COUNT(r.text); i++)
        fst_buf_init(&r.text[i], TEXT_CEILING);
    st = read_all(&r, output_uri, err);
    for (size_t i = 0; i < r.keys.count; i++)
        free(r.keys.items[i]);
    free(r.keys.items);
    fst_provenance_clear(&r.provenance);
    fst_tape_clear(&r.tape);
    fst_buf_clear(&r.prefix);
    fst_buf_clear(&r.line);
    fst_buf_clear(&r.name);
    for (size_t i = 0; i < FST_COUNT(r.text); i++)
        fst_buf_clear(&r.text[i]);
    return st;
}
