#include "prepare/check.h"

#include "fhir/types.h"

enum { TEXT_MAX = 512, SHOWN_MAX = 80 };

static void report(struct fst_checker *c, enum fst_issue_code code, const char *rule, struct fst_view expression,
                   struct fst_view text, uint64_t offset)
{
    struct fst_issue issue = { FST_SEVERITY_ERROR, code, rule, expression, text, offset };
    c->errors++;
    c->sink(c->ctx, &issue);
}

void fst_check_report(struct fst_checker *c, enum fst_issue_code code, const char *rule, struct fst_view expression,
                      struct fst_view text)
{
    report(c, code, rule, expression, text, 0);
}

void fst_check_refuse_text(struct fst_checker *c, const struct fst_json_error *jerr)
{
    struct fst_buf text;
    fst_buf_init(&text, TEXT_MAX);
    fst_buf_addf(&text, "not JSON: %s, at byte %llu", jerr->what, (unsigned long long)jerr->offset);
    report(c, FST_ISSUE_INVALID, jerr->rule, (struct fst_view){ 0 }, fst_buf_view(&text), jerr->offset);
    fst_buf_clear(&text);
}

void fst_check_refuse_bytes(struct fst_checker *c, const char *rule, const char *why)
{
    report(c, FST_ISSUE_INVALID, rule, (struct fst_view){ 0 }, fst_view_of(why), 0);
}

static uint64_t offset_in(const struct fst_tape *t, uint32_t root, uint32_t node)
{
    return node == FST_NO_NODE ? 0 : t->nodes[node].off - t->nodes[root].off;
}

/* resourceType's values may always be shown: they are names of a type, or meant to be. */
static void check_type(struct fst_checker *c, const struct fst_tape *t, uint32_t root, const struct fst_facts *f)
{
    static const struct fst_view path = FST_VIEW("resourceType");
    struct fst_view name = f->text[FST_FACT_TYPE];
    uint64_t        at = offset_in(t, root, fst_tape_member(t, root, "resourceType"));
    struct fst_buf  text;

    if (f->member[FST_FACT_TYPE] == FST_MEMBER_ABSENT) {
        report(c, FST_ISSUE_STRUCTURE, "resource-type", path, (struct fst_view)FST_VIEW("resourceType is missing"), 0);
        return;
    }
    if (f->member[FST_FACT_TYPE] == FST_MEMBER_OTHER) {
        report(c, FST_ISSUE_STRUCTURE, "resource-type", path, (struct fst_view)FST_VIEW("resourceType is not a string"), at);
        return;
    }
    if (fst_type_find(name) != FST_NO_TYPE)
        return;
    fst_buf_init(&text, TEXT_MAX);
    if (name.n > SHOWN_MAX)
        fst_buf_addf(&text, "resourceType, a string of %zu bytes, is no resource type of FHIR R4", name.n);
    else
        fst_buf_addf(&text, "resourceType '%.*s' is no resource type of FHIR R4", FST_VIEW_ARGS(name));
    report(c, FST_ISSUE_STRUCTURE, "resource-type", path, fst_buf_view(&text), at);
    fst_buf_clear(&text);
}

static void check_id(struct fst_checker *c, const struct fst_tape *t, uint32_t root, const struct fst_facts *f)
{
    struct fst_view id = f->text[FST_FACT_ID];
    uint64_t        at = offset_in(t, root, fst_tape_member(t, root, "id"));
    struct fst_buf  path, text;

    if (f->member[FST_FACT_ID] == FST_MEMBER_ABSENT ||
        (f->member[FST_FACT_ID] == FST_MEMBER_STRING && fst_id_is_valid(id)))
        return;
    fst_buf_init(&path, TEXT_MAX);
    fst_buf_init(&text, TEXT_MAX);
    if (fst_type_find(f->text[FST_FACT_TYPE]) != FST_NO_TYPE)
        fst_buf_addf(&path, "%.*s.", FST_VIEW_ARGS(f->text[FST_FACT_TYPE]));
    fst_buf_add_str(&path, "id");
    if (f->member[FST_FACT_ID] == FST_MEMBER_OTHER)
        fst_buf_add_str(&text, "id is not a string");
    else if (c->include_values && id.n <= SHOWN_MAX)
        fst_buf_addf(&text, "id '%.*s' is not 1 to 64 of A-Z a-z 0-9 - .", FST_VIEW_ARGS(id));
    else
        fst_buf_addf(&text, "id, a string of %zu bytes, is not 1 to 64 of A-Z a-z 0-9 - .", id.n);
    report(c, FST_ISSUE_VALUE, "id", fst_buf_view(&path), fst_buf_view(&text), at);
    fst_buf_clear(&path);
    fst_buf_clear(&text);
}

void fst_check_resource(struct fst_checker *c, const struct fst_tape *t, uint32_t root, const struct fst_facts *f)
{
    if (fst_tape_kind(t, root) != FST_JSON_OBJECT) {
        report(c, FST_ISSUE_STRUCTURE, "resource-object", (struct fst_view){ 0 },
               (struct fst_view)FST_VIEW("a resource is a JSON object"), 0);
        return;
    }
    check_type(c, t, root, f);
    check_id(c, t, root, f);
}
