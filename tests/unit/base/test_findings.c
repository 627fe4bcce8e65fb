#include "test.h"

#include "base/buf.h"
#include "fhirstage/findings.h"

static void where(void *ctx, struct fst_buf *out)
{
    fst_buf_addf(out, "file:%d", *(int *)ctx);
}

static void add(struct fst_findings *f, const char *expression, const char *text, enum fst_severity severity, int pos)
{
    struct fst_issue issue = { severity, FST_ISSUE_VALUE, "rule", fst_view_of(expression), fst_view_of(text), 0 };
    fst_findings_add(f, &issue, (uint64_t)pos, where, &pos);
}

/* Indexes make no difference, severity and text do; the most frequent error comes first, with its first place. */
static void test_groups(void **state)
{
    struct fst_findings      *f = fst_findings_new(), *other = fst_findings_new();
    const struct fst_finding *rows;
    size_t                    count;

    (void)state;
    add(f, "A.b[2].c", "is bad", FST_SEVERITY_ERROR, 7);
    add(f, "A", "is odd", FST_SEVERITY_WARNING, 1);
    add(f, "A", "is odd", FST_SEVERITY_WARNING, 2);
    add(f, "", "is worse", FST_SEVERITY_ERROR, 9);
    add(other, "A.b[11].c", "is bad", FST_SEVERITY_ERROR, 4);
    fst_findings_merge(f, other);
    rows = fst_findings_sorted(f, &count);
    assert_int_equal(count, 3);
    assert_string_equal(rows[0].text, "A.b.c: is bad");
    assert_int_equal(rows[0].count, 2);
    assert_string_equal(rows[0].where, "file:4");
    assert_string_equal(rows[1].text, "is worse");
    assert_string_equal(rows[2].text, "A: is odd");
    assert_int_equal(rows[2].count, 2);
    assert_string_equal(rows[2].where, "file:1");
    assert_int_equal(fst_findings_others(f), 0);
    fst_findings_free(f);
    fst_findings_free(other);
}

/* What does not fit is counted. */
static void test_full(void **state)
{
    struct fst_findings *f = fst_findings_new();
    char                 text[20];
    size_t               count;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        snprintf(text, sizeof text, "%d", i);
        add(f, "", text, FST_SEVERITY_ERROR, i);
    }
    fst_findings_sorted(f, &count);
    assert_int_equal(count + fst_findings_others(f), 3000);
    assert_true(count >= 1000);
    fst_findings_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_groups), cmocka_unit_test(test_full) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
