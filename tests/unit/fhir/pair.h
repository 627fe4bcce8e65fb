/* Two validators that must find the same, each in its own way: every issue with its place, and the sums. */
#ifndef FST_TESTS_PAIR_H
#define FST_TESTS_PAIR_H

#include "fhir/validate.h"

enum { PAIR_CEILING = 256 << 20 };

struct judge {
    const char           *way; /* for messages */
    struct fst_validator *v;
    struct fst_buf        found;
    struct fst_verdict    verdict;
};

struct pair {
    struct judge    one, other;
    struct fst_tape tape;
    size_t          judged, refused;
};

static inline void add_issue(void *ctx, const struct fst_issue *issue)
{
    fst_buf_addf(ctx, "%d %s %.*s %.*s %llu\n", (int)issue->severity, issue->rule, FST_VIEW_ARGS(issue->expression), FST_VIEW_ARGS(issue->text),
                 (unsigned long long)issue->offset);
}

static inline void judge_init(struct judge *j, const char *way, struct fst_validate_opts opts)
{
    *j = (struct judge){ .way = way };
    assert_int_equal(fst_validator_new(&j->v, &opts, NULL), FST_OK);
    fst_buf_init(&j->found, PAIR_CEILING);
}

static inline const char *judge_tape(struct judge *j, const struct fst_tape *tape)
{
    fst_buf_reset(&j->found);
    assert_int_equal(fst_validate(j->v, tape, 0, add_issue, &j->found, &j->verdict), FST_OK);
    fst_buf_addf(&j->found, "%u %u %u\n", j->verdict.errors, j->verdict.warnings, j->verdict.unknown_profiles);
    return fst_buf_str(&j->found);
}

static inline void judge_clear(struct judge *j)
{
    fst_validator_free(j->v);
    fst_buf_clear(&j->found);
}

static inline void pair_clear(struct pair *p)
{
    judge_clear(&p->one);
    judge_clear(&p->other);
    fst_tape_clear(&p->tape);
}

static inline void compare(struct pair *p, struct fst_view text)
{
    struct fst_json_error jerr;
    const char           *a, *b;
    if (fst_json_parse(&p->tape, text, &(struct fst_json_opts){ 0 }, &jerr))
        return;
    a = judge_tape(&p->one, &p->tape);
    b = judge_tape(&p->other, &p->tape);
    if (strcmp(a, b))
        fail_msg("%.*s\n%s:\n%s\n%s:\n%s", FST_VIEW_ARGS(text), p->one.way, a, p->other.way, b);
    p->judged++;
    p->refused += p->other.verdict.errors > 0;
}

#endif
