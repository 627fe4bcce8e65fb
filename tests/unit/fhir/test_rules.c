/* Invariants have two ways to an answer: the quick one and the general evaluator. Both must find the same. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "pair.h"

static const struct fst_validate_opts quick = { .show_values = true, .max_issues = 100000 };
static const struct fst_validate_opts general = { .general_rules = true, .no_memo = true, .show_values = true, .max_issues = 100000 };

static void pair_init(struct pair *p)
{
    *p = (struct pair){ .judged = 0 };
    judge_init(&p->one, "quick", quick);
    judge_init(&p->other, "general", general);
}

static void small_cases(void **state)
{
    static const char *const rows[] = {
        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"#\"}}",
        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"\\u0023p\"}}",
        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"refer\\u0065nce\":\"#p\"}}",
        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"coding\":[{\"code\":\"a\"}]},\"valueString\":\"x\",\"component\":[{\"code\":{\"coding\":[{\"code\":\"a\"}]}}]}",
        "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"_valueString\":{\"extension\":[{\"url\":\"http://a.b/c\",\"valueCode\":\"x\"}]},\"dataAbsentReason\":{\"text\":\"x\"}}",
        "{\"resourceType\":\"Condition\",\"subject\":{\"display\":\"x\"},\"clinicalStatus\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/condition-clinical\",\"_code\":{\"extension\":[{\"url\":\"http://a.b/c\",\"valueCode\":\"x\"}]}}]},\"abatementString\":\"x\"}",
        "{\"resourceType\":\"Condition\",\"subject\":{\"display\":\"x\"},\"clinicalStatus\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/condition-clinical\",\"c\\u006fde\":\"active\"}]},\"abatementString\":\"x\"}",
        "{\"resourceType\":\"Patient\",\"name\":[{\"period\":{\"start\":\"2020\",\"end\":\"2019-12-31T23:59:60Z\"}}]}",
        "{\"resourceType\":\"Patient\",\"name\":[{\"period\":{\"start\":\"2020-01-01T00:00:60Z\",\"end\":\"2020-01-01T00:01:00Z\"}}]}",
        "{\"resourceType\":\"Patient\",\"name\":[{\"period\":{\"_start\":{\"extension\":[{\"url\":\"http://a.b/c\",\"valueCode\":\"x\"}]},\"end\":\"2020\"}}]}",
        "{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"a\",\"link\":[{\"other\":{\"reference\":\"#\"},\"type\":\"seealso\"}]}],\"link\":[{\"other\":{\"reference\":\"#a\"},\"type\":\"seealso\"}]}",
    };
    struct pair p;
    pair_init(&p);
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        compare(&p, fst_view_of(rows[i]));
    assert_int_equal(p.judged, FST_COUNT(rows));
    pair_clear(&p);
}

/* Many links to one of many contained resources: each is looked for among all, and the work is cut off. */
static void hostile_links(void **state)
{
    enum { MANY = 2000 };
    struct judge          j;
    struct fst_tape       tape = { 0 };
    struct fst_json_error jerr;
    struct fst_buf        text;

    fst_buf_init(&text, 64 << 20);
    fst_buf_add_str(&text, "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"contained\":[");
    for (int i = 0; i < MANY; i++)
        fst_buf_addf(&text, "%s{\"resourceType\":\"Patient\",\"id\":\"p%d\"}", i ? "," : "", i);
    fst_buf_add_str(&text, "],\"hasMember\":[");
    for (int i = 0; i < MANY; i++)
        fst_buf_addf(&text, "%s{\"reference\":\"#none\"}", i ? "," : "");
    fst_buf_add_str(&text, "]}");
    assert_int_equal(fst_json_parse(&tape, fst_buf_view(&text), &(struct fst_json_opts){ 0 }, &jerr), FST_OK);
    judge_init(&j, "general", general);
    assert_non_null(strstr(judge_tape(&j, &tape), "too-costly"));
    judge_clear(&j);
    fst_tape_clear(&tape);
    fst_buf_clear(&text);
}

/* Half a million nulls, each of which is looked up among what the twin says. */
static void hostile_nulls(void **state)
{
    enum { MANY = 500000 };
    struct judge          j;
    struct fst_tape       tape = { 0 };
    struct fst_json_error jerr;
    struct fst_buf        text;

    fst_buf_init(&text, 64 << 20);
    fst_buf_add_str(&text, "{\"resourceType\":\"Patient\",\"name\":[{\"_given\":[");
    for (int i = 0; i < MANY; i++)
        fst_buf_addf(&text, "%s{\"id\":\"a%d\"}", i ? "," : "", i);
    fst_buf_add_str(&text, "],\"given\":[");
    for (int i = 0; i < MANY; i++)
        fst_buf_add_str(&text, i ? ",null" : "null");
    fst_buf_add_str(&text, "]}]}");
    assert_int_equal(fst_json_parse(&tape, fst_buf_view(&text), &(struct fst_json_opts){ 0 }, &jerr), FST_OK);
    judge_init(&j, "quick", quick);
    assert_non_null(strstr(judge_tape(&j, &tape), "empty"));
    judge_clear(&j);
    fst_tape_clear(&tape);
    fst_buf_clear(&text);
}

/* Every case of the oracle's, valid or not. */
static void compare_lines(struct pair *p, const char *command)
{
    FILE  *in = popen(command, "r");
    char  *line = NULL;
    size_t cap = 0;
    for (ssize_t n; in && (n = getline(&line, &cap, in)) > 0;)
        compare(p, fst_view_n(line, (size_t)n));
    free(line);
    if (in)
        pclose(in);
}

static void oracle_cases(void **state)
{
    static const char *const sets[] = { "dev", "examples", "synthea", "us-core-5.0.1" };
    struct pair p;
    if (!fst_testdata())
        skip();
    pair_init(&p);
    for (size_t i = 0; i < FST_COUNT(sets); i++) {
        char command[4096];
        snprintf(command, sizeof command, "xz -dc '%s/oracle/%s/cases.ndjson.xz' 2>/dev/null", fst_testdata(), sets[i]);
        compare_lines(&p, command);
    }
    if (!p.judged)
        print_message("the oracle's cases are not in %s\n", fst_testdata());
    pair_clear(&p);
}

FST_TESTS(cmocka_unit_test(small_cases), cmocka_unit_test(hostile_links), cmocka_unit_test(hostile_nulls), cmocka_unit_test(oracle_cases))
