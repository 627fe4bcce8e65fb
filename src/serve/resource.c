#include "serve/resource.h"

#include <stddef.h>
#include <stdio.h>

#include "base/str.h"
#include "json/writer.h"

/* ---- reading */

static void add_meta(struct fst_buf *out, const struct fst_tape *t, uint32_t meta, int64_t version, int64_t updated_ms)
{
    char time[FST_TIME_ISO_MS];

    fst_format_time_iso_ms(time, updated_ms);
    fst_buf_addf(out, "\"meta\":{\"versionId\":\"%lld\",\"lastUpdated\":\"%s\"", (long long)version, time);
    if (meta != FST_NO_NODE)
        FST_EACH_MEMBER(t, meta, name) {
            if (fst_tape_string_is(t, name, "versionId") || fst_tape_string_is(t, name, "lastUpdated"))
                continue;
            fst_buf_add_char(out, ',');
            fst_json_minify(out, t, name);
            fst_buf_add_char(out, ':');
            fst_json_minify(out, t, name + 1);
        }
    fst_buf_add_char(out, '}');
}

enum fst_status fst_resource_add(struct fst_buf *out, struct fst_tape *scratch, struct fst_view body, int64_t version, int64_t updated_ms)
{
    struct fst_json_opts  opts = { .allow_duplicates = true };
    struct fst_json_error jerr;
    enum fst_status       st = fst_json_parse(scratch, body, &opts, &jerr);
    const char           *comma = "";
    uint32_t              meta;
    bool                  has_meta = false;

    if (st)
        return st;
    meta = fst_tape_member(scratch, 0, "meta");
    fst_buf_add_char(out, '{');
    FST_EACH_MEMBER(scratch, 0, name) {
        bool is_meta = name + 1 == meta, is_id = fst_tape_string_is(scratch, name, "id");
        fst_buf_add_str(out, comma);
        comma = ",";
        if (!is_meta) {
            fst_json_minify(out, scratch, name);
            fst_buf_add_char(out, ':');
            fst_json_minify(out, scratch, name + 1);
        }
        if (meta == FST_NO_NODE && is_id)
            fst_buf_add_char(out, ',');
        if (is_meta || (meta == FST_NO_NODE && is_id)) {
            add_meta(out, scratch, meta, version, updated_ms);
            has_meta = true;
        }
    }
    if (!has_meta) {
        fst_buf_add_str(out, comma);
        add_meta(out, scratch, FST_NO_NODE, version, updated_ms);
    }
    fst_buf_add_char(out, '}');
    return fst_buf_status(out);
}

/* ---- identifier */

struct token {
    struct fst_view system, value;
    bool            any_system, any_value;
};

static struct token parse_token(struct fst_view v)
{
    const char *bar = v.n ? memchr(v.p, '|', v.n) : NULL;

    if (!bar)
        return (struct token){ .value = v, .any_system = true };
    return (struct token){ .system = fst_view_n(v.p, (size_t)(bar - v.p)),
                           .value = fst_view_from(v, (size_t)(bar - v.p) + 1),
                           .any_value = (size_t)(bar - v.p) + 1 == v.n };
}

static bool identifier_matches(const struct fst_tape *t, uint32_t identifier, const struct token *token, struct fst_buf *scratch)
{
    return (token->any_value || fst_view_equal(fst_tape_member_string(t, identifier, "value", scratch), token->value)) &&
           (token->any_system || fst_view_equal(fst_tape_member_string(t, identifier, "system", scratch), token->system));
}

bool fst_resource_has_identifier(const struct fst_tape *t, struct fst_view text, struct fst_buf *scratch)
{
    struct token token = parse_token(text);
    uint32_t     identifier = fst_tape_member(t, 0, "identifier");

    if (identifier == FST_NO_NODE)
        return false;
    if (fst_tape_kind(t, identifier) == FST_JSON_OBJECT) /* Bundle, QuestionnaireResponse, … have one */
        return identifier_matches(t, identifier, &token, scratch);
    FST_EACH_ELEMENT(t, identifier, item)
        if (identifier_matches(t, item, &token, scratch))
            return true;
    return false;
}

/* ---- patients */

/* Sorted by type. */
static const struct {
    const char *type, *path;
    bool        uses[FST_PATIENT_USES];
} links[] = {
#define FST_PATIENT_LINK(type, path, searched, belongs) { type, path, { searched, belongs } },
#include "serve/patient-links.def"
};

/* The id in "Patient/id", "https://server/Patient/id", with or without "/_history/1" behind it; empty when it is none. */
static struct fst_view patient_in(struct fst_view reference)
{
    static const char kind[] = "Patient/";
    const char       *history = reference.n ? memmem(reference.p, reference.n, "/_history/", 10) : NULL, *slash;
    size_t            before;

    if (history)
        reference.n = (size_t)(history - reference.p);
    slash = reference.n ? memrchr(reference.p, '/', reference.n) : NULL;
    if (!slash)
        return (struct fst_view){ 0 };
    before = (size_t)(slash - reference.p) + 1;
    if (before < sizeof kind - 1 || memcmp(slash + 2 - sizeof kind, kind, sizeof kind - 1) != 0 ||
        (before > sizeof kind - 1 && slash[1 - (ptrdiff_t)sizeof kind] != '/'))
        return (struct fst_view){ 0 };
    return fst_view_from(reference, before);
}

struct looking {
    const struct fst_tape *t;
    struct fst_buf        *scratch;
    fst_patient_fn        *fn;
    void                  *ctx;
};

/* Along "a.b.c" from `node`, through arrays. */
static bool look_along(const struct looking *l, uint32_t node, const char *path)
{
    size_t n = strcspn(path, ".");
    char   name[32];

    if (node == FST_NO_NODE)
        return false;
    if (fst_tape_kind(l->t, node) == FST_JSON_ARRAY) {
        FST_EACH_ELEMENT(l->t, node, item)
            if (look_along(l, item, path))
                return true;
        return false;
    }
    if (!*path) {
        struct fst_view id = patient_in(fst_tape_member_string(l->t, node, "reference", l->scratch));
        return id.n && l->fn(l->ctx, id);
    }
    snprintf(name, sizeof name, "%.*s", (int)n, path);
    return look_along(l, fst_tape_member(l->t, node, name), path + n + (path[n] == '.'));
}

bool fst_resource_any_patient(const struct fst_tape *t, enum fst_patient_use use, struct fst_buf *scratch, fst_patient_fn *fn, void *ctx)
{
    struct looking l = { t, scratch, fn, ctx };
    uint32_t       type = fst_tape_member(t, 0, "resourceType");

    for (size_t i = 0; i < FST_COUNT(links); i++)
        if (links[i].uses[use] && fst_tape_string_is(t, type, links[i].type) && look_along(&l, 0, links[i].path))
            return true;
    return false;
}

bool fst_resource_names_patient(struct fst_view type)
{
    for (size_t i = 0; i < FST_COUNT(links); i++)
        if (links[i].uses[FST_PATIENT_SEARCHED] && fst_view_is(type, links[i].type))
            return true;
    return false;
}

static bool is_that(void *ctx, struct fst_view id)
{
    return fst_view_equal(*(struct fst_view *)ctx, id);
}

bool fst_resource_is_of_patient(const struct fst_tape *t, struct fst_view id, struct fst_buf *scratch)
{
    return fst_resource_any_patient(t, FST_PATIENT_SEARCHED, scratch, is_that, &id);
}

bool fst_resource_each_member(const struct fst_tape *t, struct fst_buf *scratch, fst_patient_fn *fn, void *ctx)
{
    struct looking l = { t, scratch, fn, ctx };
    return look_along(&l, 0, "member.entity");
}
