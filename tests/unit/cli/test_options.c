#include "test.h"

#include "cli/options.h"

static const char *const levels[] = { "strict", "minimal", NULL };

struct args {
    bool               json;
    const char        *out, *local, *order;
    struct fst_strings profiles;
    uint64_t           jobs, chunk;
    int64_t            timeout_ms;
    int                level;
};

static const struct fst_opt opts[] = {
    { 0, "json", FST_OPT_FLAG, offsetof(struct args, json), NULL, "" },
    { 0, "Where", FST_OPT_HEADING },
    { 'o', "out", FST_OPT_STRING, offsetof(struct args, out), "DIR", "", .required = true },
    { 0, "local", FST_OPT_STRING, offsetof(struct args, local), "DIR", "", .arg_optional = true },
    { 0, "order", FST_OPT_STRING, offsetof(struct args, order), NULL, "", levels },
    { 0, "profiles", FST_OPT_STRINGS, offsetof(struct args, profiles), "FILE", "" },
    { 'j', "jobs", FST_OPT_COUNT, offsetof(struct args, jobs), "N", "", .min = 1, .max = 64 },
    { 0, "chunk-size", FST_OPT_SIZE, offsetof(struct args, chunk), "SIZE", "" },
    { 0, "timeout", FST_OPT_DURATION, offsetof(struct args, timeout_ms), "TIME", "" },
    { 0, "level", FST_OPT_CHOICE, offsetof(struct args, level), NULL, "", levels },
    { 0 }
};

enum { WORDS = 8 };

struct parsed {
    struct args        args;
    struct fst_globals globals;
    struct fst_parse   parse;
    struct fst_error   err;
    enum fst_status    st;
};

static void parse(struct parsed *p, const char *const words[WORDS])
{
    size_t used, count = 0;
    while (count < WORDS && words[count])
        count++;
    *p = (struct parsed){ 0 };
    p->parse = (struct fst_parse){ .opts = opts, .args = &p->args, .globals = &p->globals, .command = "cmd" };
    p->st = fst_parse_args(&p->parse, words, count, &used, &p->err);
}

static void values(void **state)
{
    struct parsed p;
    parse(&p, (const char *const[WORDS]){ "a", "--out=x", "--json", "-j4", "--local", "b", "--", "--json" });
    assert_int_equal(p.st, FST_OK);
    assert_string_equal(p.args.out, "x");
    assert_true(p.args.json);
    assert_int_equal(p.args.jobs, 4);
    assert_string_equal(p.args.local, "");
    assert_int_equal(p.parse.count, 3);
    assert_string_equal(p.parse.operands[1], "b");
    assert_string_equal(p.parse.operands[2], "--json");
    fst_parse_clear(&p.parse);

    parse(&p, (const char *const[WORDS]){ "-vqo", "y", "--local=d", "--chunk-size=64MiB", "--timeout", "5m", "--level", "minimal" });
    assert_int_equal(p.st, FST_OK);
    assert_true(p.globals.verbose == 1 && p.globals.quiet);
    assert_string_equal(p.args.out, "y");
    assert_string_equal(p.args.local, "d");
    assert_int_equal(p.args.chunk, 64 << 20);
    assert_int_equal(p.args.timeout_ms, 300000);
    assert_int_equal(p.args.level, 1);
    fst_parse_clear(&p.parse);

    parse(&p, (const char *const[WORDS]){ "--profiles", "a", "-", "--profiles=b", "--order=strict" });
    assert_int_equal(p.st, FST_OK);
    assert_int_equal(p.args.profiles.count, 2);
    assert_string_equal(p.args.profiles.items[1], "b");
    assert_string_equal(p.args.order, "strict");
    assert_string_equal(p.parse.operands[0], "-");
    fst_parse_clear(&p.parse);
}

static void refusals(void **state)
{
    static const struct { const char *words[WORDS]; const char *text, *hint; } rows[] = {
        { { "--bogus" }, "cmd: unknown option '--bogus'", "fhirstage help cmd" },
        { { "--jsno" }, "cmd: unknown option '--jsno'", "did you mean '--json'?" },
        { { "--chunk" }, "cmd: unknown option '--chunk'", "did you mean '--chunk-size'?" },
        { { "--verbos" }, "cmd: unknown option '--verbos'", "did you mean '--verbose'?" },
        { { "-x" }, "cmd: unknown option '-x'", "fhirstage help cmd" },
        { { "-jx" }, "cmd: --jobs: 'x' is not a whole number", "fhirstage help cmd" },
        { { "--jobs=0" }, "cmd: --jobs: '0' is not at least 1", "fhirstage help cmd" },
        { { "--jobs", "65" }, "cmd: --jobs: '65' is not at most 64", "fhirstage help cmd" },
        { { "--jobs=-1" }, "cmd: --jobs: '-1' is not a whole number", "fhirstage help cmd" },
        { { "--chunk-size=big" }, "cmd: --chunk-size: 'big' is not a size such as 64MiB", "fhirstage help cmd" },
        { { "--timeout=soon" }, "cmd: --timeout: 'soon' is not a duration such as 30s, 5m or 2h", "fhirstage help cmd" },
        { { "--level=lax" }, "cmd: --level: 'lax' is not one it takes", "--level takes strict or minimal" },
        { { "--out" }, "cmd: missing value of '--out'", "fhirstage help cmd" },
        { { "--out", "--json" }, "cmd: --out: '--json' is not a value; write --OPTION=VALUE if it is", "fhirstage help cmd" },
        { { "--json=yes" }, "cmd: no value is taken by '--json=yes'", "fhirstage help cmd" },
        { { "--Where" }, "cmd: unknown option '--Where'", "fhirstage help cmd" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct parsed p;
        parse(&p, rows[i].words);
        if (p.st != FST_EUSAGE || strcmp(p.err.text, rows[i].text) || strcmp(p.err.hint, rows[i].hint))
            fail_msg("%s: %d, '%s', '%s'", rows[i].words[0], p.st, p.err.text, p.err.hint);
        fst_parse_clear(&p.parse);
    }
}

static void completeness(void **state)
{
    static const struct fst_cmd cmd = { .name = "cmd", .args = "INPUT...", .opts = opts, .min_args = 1, .max_args = 2 };
    static const struct { const char *words[WORDS]; const char *text; } rows[] = {
        { { "a", "-o", "x" }, "" },
        { { "-o", "x" }, "cmd: missing argument: INPUT..." },
        { { "a" }, "cmd: missing option: --out=DIR" },
        { { "a", "b", "c", "-ox" }, "cmd: unexpected argument 'c'" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct parsed p;
        parse(&p, rows[i].words);
        assert_int_equal(p.st, FST_OK);
        p.st = fst_parse_complete(&p.parse, &cmd, &p.err);
        if (p.st != (*rows[i].text ? FST_EUSAGE : FST_OK) || strcmp(p.err.text, rows[i].text))
            fail_msg("row %zu: %d, '%s'", i, p.st, p.err.text);
        fst_parse_clear(&p.parse);
    }
}

FST_TESTS(cmocka_unit_test(values), cmocka_unit_test(refusals), cmocka_unit_test(completeness))
