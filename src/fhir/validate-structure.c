/* StructureDefinitions: what one says of itself against what it is derived from, where that is R4's own. */
#include "fhir/validate-private.h"

static struct fst_view string_of(struct fst_validator *v, uint32_t object, const char *name, struct fst_buf *scratch)
{
    return fst_tape_member_string(v->tape, object, name, scratch);
}

static fst_def base_of(struct fst_validator *v, uint32_t definition)
{
    static const char prefix[] = "http://hl7.org/fhir/StructureDefinition/";
    struct fst_view   url = string_of(v, definition, "baseDefinition", &v->scratch);

    return fst_view_starts(url, prefix) ? fst_schema_find(v->schema, fst_view_from(url, sizeof prefix - 1)) : FST_NO_DEF;
}

static const char *kind_of(enum fst_def_kind kind)
{
    return kind == FST_DEF_RESOURCE ? "resource" : kind == FST_DEF_PRIMITIVE ? "primitive-type" : "complex-type";
}

static void check_derivation(struct fst_validator *v, const struct fst_frame *at, fst_def base)
{
    struct fst_view type = string_of(v, at->node, "type", &v->scratch), derivation = string_of(v, at->node, "derivation", &v->scratch2);
    bool            is_constraint = fst_view_is(derivation, "constraint"), is_type = fst_view_equal(type, fst_schema_name(v->schema, base));
    const char     *kind = kind_of(fst_schema_kind(v->schema, base));

    if (!derivation.n)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_REQUIRED, "definition-derivation", at->node, "derivation is missing: is it a constraint or a specialization?");
    else if (is_type != is_constraint)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "definition-type", at->node, "a constraint has the type of its base, a specialization one of its own");
    if ((is_constraint || !fst_schema_is_abstract(v->schema, base)) && !fst_view_is(string_of(v, at->node, "kind", &v->scratch), kind))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "definition-kind", at->node, "kind is not that of the base, %s", kind);
}

/* Is a canonical that URL, with or without its version? */
static bool is_url(struct fst_view canonical, struct fst_view url)
{
    return canonical.n >= url.n && !memcmp(canonical.p, url.p, url.n) && (canonical.n == url.n || canonical.p[url.n] == '|');
}

/* A rule that is stated here has its source here. */
static void check_rules(struct fst_validator *v, const struct fst_frame *at, uint32_t element, struct fst_view url)
{
    uint32_t rules = fst_tape_member(v->tape, element, "constraint");

    if (rules == FST_NO_NODE)
        return;
    FST_EACH_ELEMENT(v->tape, rules, rule) {
        struct fst_view source = string_of(v, rule, "source", &v->scratch);
        if (source.n && url.n && !is_url(source, url))
            fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "definition-rule", rule, "a rule in the differential has another definition as its source");
    }
}

/* An extension's URL is fixed to that of its definition. */
static void check_extension_url(struct fst_validator *v, const struct fst_frame *at, uint32_t elements, struct fst_view url)
{
    FST_EACH_ELEMENT(v->tape, elements, element)
        if (fst_view_is(string_of(v, element, "path", &v->scratch), "Extension.url") &&
            fst_view_equal(string_of(v, element, "fixedUri", &v->scratch), url))
            return;
    fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "definition-url", at->node, "the definition of an extension fixes Extension.url to its own url");
}

void fst_rule_definition(struct fst_validator *v, const struct fst_frame *at)
{
    uint32_t        differential = fst_tape_member(v->tape, at->node, "differential");
    uint32_t        elements = differential == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(v->tape, differential, "element");
    fst_def         base = base_of(v, at->node);
    struct fst_view url;

    fst_rule_canonical(v, at);
    if (base == FST_NO_DEF)
        return;
    check_derivation(v, at, base);
    if (elements == FST_NO_NODE)
        return;
    url = string_of(v, at->node, "url", &v->hint);
    FST_EACH_ELEMENT(v->tape, elements, element)
        check_rules(v, at, element, url);
    if (fst_view_is(fst_schema_name(v->schema, base), "Extension") && url.n && fst_view_is(string_of(v, at->node, "type", &v->scratch), "Extension"))
        check_extension_url(v, at, elements, url);
}
