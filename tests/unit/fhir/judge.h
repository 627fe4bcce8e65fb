/* What a resource is judged to be: its verdict and the first error. */
#ifndef FST_TESTS_JUDGE_H
#define FST_TESTS_JUDGE_H

#include "fhir/validate.h"

/* What a sink remembers: the first error. */
struct first {
    char     rule[32], expression[256], text[256];
    unsigned count;
};

static inline void note(void *ctx, const struct fst_issue *issue)
{
    struct first *f = ctx;
    if (issue->severity < FST_SEVERITY_ERROR || f->count++)
        return;
    snprintf(f->rule, sizeof f->rule, "%s", issue->rule);
    snprintf(f->expression, sizeof f->expression, "%.*s", FST_VIEW_ARGS(issue->expression));
    snprintf(f->text, sizeof f->text, "%.*s", FST_VIEW_ARGS(issue->text));
}

static inline struct fst_verdict judge(const struct fst_validate_opts *opts, const char *json, struct first *first)
{
    struct fst_tape       tape = { 0 };
    struct fst_json_error jerr;
    struct fst_validator *v;
    struct fst_verdict    verdict;
    *first = (struct first){ 0 };
    if (fst_json_parse(&tape, fst_view_of(json), &(struct fst_json_opts){ 0 }, &jerr))
        fail_msg("%s: %s", json, jerr.what);
    assert_int_equal(fst_validator_new(&v, opts, NULL), FST_OK);
    assert_int_equal(fst_validate(v, &tape, 0, note, first, &verdict), FST_OK);
    fst_validator_free(v);
    fst_tape_clear(&tape);
    return verdict;
}

struct judged_row { const char *json, *rule, *expression; }; /* ' stands for "; rule and expression of the first error, or "" */

static inline void judge_rows(const struct fst_validate_opts *opts, const struct judged_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char         json[2048];
        struct first first;
        size_t       n = 0;
        assert_true(strlen(rows[i].json) < sizeof json);
        for (; rows[i].json[n]; n++)
            json[n] = (char)(rows[i].json[n] == '\'' ? '"' : rows[i].json[n]);
        json[n] = '\0';
        judge(opts, json, &first);
        if (strcmp(first.rule, rows[i].rule) || strcmp(first.expression, rows[i].expression))
            fail_msg("%s: %s at '%s': %s", json, first.rule, first.expression, first.text);
    }
}

#endif
