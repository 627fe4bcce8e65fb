#include "serve/resource.h"

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

/* ---- patient: the elements that R4's search parameters of that name look at */

static const struct {
    const char *type, *path[2];
} patient_elements[] = {
    { "Appointment", { "participant", "actor" } },
    { "AppointmentResponse", { "actor" } },
    { "AuditEvent", { "agent", "who" } },
    { "AuditEvent", { "entity", "what" } },
    { "Coverage", { "beneficiary" } },
    { "Person", { "link", "target" } },
    { "Provenance", { "target" } },
    { "ResearchSubject", { "individual" } },
    { NULL, { "patient" } },
    { NULL, { "subject" } },
};

/* "Patient/id", "https://server/Patient/id", with or without "/_history/1" */
static bool names_patient(struct fst_view reference, struct fst_view id)
{
    static const char kind[] = "Patient/";
    const char       *history = reference.n ? memmem(reference.p, reference.n, "/_history/", 10) : NULL;
    size_t            tail = sizeof kind - 1 + id.n;

    if (history)
        reference.n = (size_t)(history - reference.p);
    if (reference.n < tail || memcmp(reference.p + reference.n - id.n, id.p, id.n) != 0 ||
        memcmp(reference.p + reference.n - tail, kind, sizeof kind - 1) != 0)
        return false;
    return reference.n == tail || reference.p[reference.n - tail - 1] == '/';
}

/* Along `path` from `node`, through arrays. */
static bool path_names_patient(const struct fst_tape *t, uint32_t node, const char *const *path, unsigned steps, struct fst_view id,
                               struct fst_buf *scratch)
{
    if (node == FST_NO_NODE)
        return false;
    if (fst_tape_kind(t, node) == FST_JSON_ARRAY) {
        FST_EACH_ELEMENT(t, node, item)
            if (path_names_patient(t, item, path, steps, id, scratch))
                return true;
        return false;
    }
    if (!steps || !*path)
        return names_patient(fst_tape_member_string(t, node, "reference", scratch), id);
    return path_names_patient(t, fst_tape_member(t, node, *path), path + 1, steps - 1, id, scratch);
}

bool fst_resource_is_of_patient(const struct fst_tape *t, struct fst_view id, struct fst_buf *scratch)
{
    uint32_t type = fst_tape_member(t, 0, "resourceType");

    if (fst_tape_string_is(t, type, "Patient"))
        return false;
    for (size_t i = 0; i < FST_COUNT(patient_elements); i++)
        if ((!patient_elements[i].type || fst_tape_string_is(t, type, patient_elements[i].type)) &&
            path_names_patient(t, 0, patient_elements[i].path, 2, id, scratch))
            return true;
    return false;
}
