#include "prepare/check.h"

#include "fhir/where.h"

enum { TEXT_MAX = 512, PLACE_MAX = 64 << 10 };

/* The type that a link without one in its text will have led to when it is rewritten: an fst_link_type_fn. */
static struct fst_view link_type(void *ctx, struct fst_view link)
{
    struct fst_checker   *c = ctx;
    struct fst_view       type = { 0 };
    struct fst_link_parts parts = fst_link_split(link);
    size_t                n = 0;

    if (c->failed)
        return type;
    if (parts.base.n)
        c->failed = fst_resolve_link(c->resolver, c->bundle, parts.base, c->target, &n, c->err);
    return n ? fst_view_n(c->target, (size_t)((char *)memchr(c->target, '/', n) - c->target)) : type;
}

/* An fst_issue_fn: the validator's issue, its offset counted from the resource's first byte. */
static void pass_on(void *ctx, const struct fst_issue *issue)
{
    struct fst_checker *c = ctx;
    struct fst_issue    own = *issue;

    own.offset -= c->base;
    c->sink(c->ctx, &own);
}

enum fst_status fst_checker_init(struct fst_checker *c, const struct fst_prepare_opts *opts, struct fst_resolver *resolver,
                                 fst_issue_fn *sink, void *ctx, struct fst_error *err)
{
    struct fst_validate_opts how = { .level = opts->level, .show_values = opts->include_values, .no_warnings = true,
                                     .profiles = opts->profiles, .unknown_profile = opts->unknown_profile,
                                     .link_type = resolver ? link_type : NULL, .link_ctx = c };

    *c = (struct fst_checker){ .resolver = resolver, .sink = sink, .ctx = ctx };
    return fst_validator_new(&c->validator, &how, err);
}

void fst_checker_clear(struct fst_checker *c)
{
    fst_validator_free(c->validator);
    c->validator = NULL;
}

enum fst_status fst_check_resource(struct fst_checker *c, const struct fst_tape *t, uint32_t root, uint64_t bundle,
                                   struct fst_error *err)
{
    struct fst_verdict verdict;
    enum fst_status    st;

    c->bundle = bundle;
    c->base = t->nodes[root].off;
    c->failed = FST_OK;
    c->err = err;
    st = fst_validate(c->validator, t, root, pass_on, c, &verdict);
    c->errors += verdict.errors;
    c->unknown_profiles += verdict.unknown_profiles;
    if (st)
        return fst_fail(err, st, "out of memory");
    return c->failed;
}

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

void fst_check_refuse_text(struct fst_checker *c, struct fst_view json, const struct fst_json_error *jerr)
{
    struct fst_buf text, place;
    fst_buf_init(&text, TEXT_MAX);
    fst_buf_init(&place, PLACE_MAX);
    fst_buf_addf(&text, "not JSON: %s, at byte %llu", jerr->what, (unsigned long long)jerr->offset);
    fst_where(&place, json, jerr->offset);
    report(c, FST_ISSUE_INVALID, jerr->rule, fst_buf_view(&place), fst_buf_view(&text), jerr->offset);
    fst_buf_clear(&text);
    fst_buf_clear(&place);
}

void fst_check_refuse_bytes(struct fst_checker *c, const char *rule, const char *why)
{
    report(c, FST_ISSUE_INVALID, rule, (struct fst_view){ 0 }, fst_view_of(why), 0);
}
