#include "test.h"

#include <string.h>

#include "serve/resource.h"

static void rendering(void **state)
{
    static const struct { const char *why, *body, *want; } rows[] = {
        { "meta is made behind the id", "{\"resourceType\":\"Patient\", \"id\":\"a\", \"active\" : true}",
          "{\"resourceType\":\"Patient\",\"id\":\"a\",\"meta\":{\"versionId\":\"2\",\"lastUpdated\":\"1970-01-01T00:00:01.500Z\"},\"active\":true}" },
        { "meta keeps what else it has", "{\"id\":\"a\",\"meta\":{\"versionId\":\"9\",\"profile\":[ \"p\" ],\"lastUpdated\":\"x\"}}",
          "{\"id\":\"a\",\"meta\":{\"versionId\":\"2\",\"lastUpdated\":\"1970-01-01T00:00:01.500Z\",\"profile\":[\"p\"]}}" },
        { "numbers stay as they are", "{\"v\":1.10}", "{\"v\":1.10,\"meta\":{\"versionId\":\"2\",\"lastUpdated\":\"1970-01-01T00:00:01.500Z\"}}" },
    };
    struct fst_tape tape = { 0 };
    struct fst_buf  out;

    fst_buf_init(&out, 1 << 16);
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        fst_buf_reset(&out);
        assert_int_equal(fst_resource_add(&out, &tape, fst_view_of(rows[i].body), 2, 1500), FST_OK);
        if (strcmp(fst_buf_str(&out), rows[i].want) != 0)
            fail_msg("%s: %s", rows[i].why, out.p);
    }
    fst_buf_clear(&out);
    fst_tape_clear(&tape);
}

static bool asks(const char *body, const char *what, bool (*fn)(const struct fst_tape *, struct fst_view, struct fst_buf *))
{
    struct fst_tape       tape = { 0 };
    struct fst_json_opts  opts = { 0 };
    struct fst_json_error jerr;
    struct fst_buf        scratch;
    bool                  answer;

    fst_buf_init(&scratch, 1 << 16);
    assert_int_equal(fst_json_parse(&tape, fst_view_of(body), &opts, &jerr), FST_OK);
    answer = fn(&tape, fst_view_of(what), &scratch);
    fst_buf_clear(&scratch);
    fst_tape_clear(&tape);
    return answer;
}

static void identifiers(void **state)
{
    static const char two[] = "{\"identifier\":[{\"system\":\"s\",\"value\":\"1\"},{\"value\":\"2\"}]}";
    static const struct { const char *body, *token; bool has; } rows[] = {
        { two, "1", true }, { two, "s|1", true }, { two, "t|1", false }, { two, "|1", false }, { two, "|2", true }, { two, "s|", true },
        { two, "t|", false }, { two, "3", false }, { "{\"identifier\":{\"value\":\"1\"}}", "1", true }, { "{}", "1", false },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        if (asks(rows[i].body, rows[i].token, fst_resource_has_identifier) != rows[i].has)
            fail_msg("%s in %s", rows[i].token, rows[i].body);
}

static void patients(void **state)
{
    static const struct { const char *body; bool is; } rows[] = {
        { "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Patient/a\"}}", true },
        { "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"https://x/r4/Patient/a/_history/2\"}}", true },
        { "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Patient/ba\"}}", false },
        { "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"NotPatient/a\"}}", false },
        { "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Group/a\"}}", false },
        { "{\"resourceType\":\"Claim\",\"patient\":{\"reference\":\"Patient/a\"}}", true },
        { "{\"resourceType\":\"Coverage\",\"beneficiary\":{\"reference\":\"Patient/a\"}}", true },
        { "{\"resourceType\":\"Claim\",\"beneficiary\":{\"reference\":\"Patient/a\"}}", false },
        { "{\"resourceType\":\"Provenance\",\"target\":[{\"reference\":\"Patient/b\"},{\"reference\":\"Patient/a\"}]}", true },
        { "{\"resourceType\":\"Appointment\",\"participant\":[{\"status\":\"x\"},{\"actor\":{\"reference\":\"Patient/a\"}}]}", true },
        { "{\"resourceType\":\"Patient\",\"id\":\"a\"}", false },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        if (asks(rows[i].body, "a", fst_resource_is_of_patient) != rows[i].is)
            fail_msg("%s", rows[i].body);
}

static bool is_a(void *ctx, struct fst_view id)
{
    return fst_view_is(id, "a");
}

/* More than a search finds: who performed, pays or takes part belongs to the compartment too; nothing else does. */
static void compartments(void **state)
{
    static const struct { const char *body; bool is; } rows[] = {
        { "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Patient/a\"}}", true },
        { "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Patient/b\"},\"performer\":[{\"reference\":\"Patient/a\"}]}", true },
        { "{\"resourceType\":\"Observation\",\"focus\":[{\"reference\":\"Patient/a\"}]}", false },
        { "{\"resourceType\":\"Claim\",\"payee\":{\"party\":{\"reference\":\"Patient/a\"}}}", true },
        { "{\"resourceType\":\"Group\",\"member\":[{\"entity\":{\"reference\":\"Patient/a\"}}]}", true },
        { "{\"resourceType\":\"Patient\",\"id\":\"b\",\"link\":[{\"other\":{\"reference\":\"Patient/a\"}}]}", true },
        { "{\"resourceType\":\"Organization\",\"subject\":{\"reference\":\"Patient/a\"}}", false },
        { "{\"resourceType\":\"Device\",\"patient\":{\"reference\":\"Patient/a\"}}", false },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_tape       t = { 0 };
        struct fst_json_opts  opts = { 0 };
        struct fst_json_error jerr;
        struct fst_buf        scratch;

        fst_buf_init(&scratch, 1024);
        assert_int_equal(fst_json_parse(&t, fst_view_of(rows[i].body), &opts, &jerr), FST_OK);
        if (fst_resource_any_patient(&t, FST_PATIENT_COMPARTMENT, &scratch, is_a, NULL) != rows[i].is)
            fail_msg("%s", rows[i].body);
        fst_buf_clear(&scratch);
        fst_tape_clear(&t);
    }
    assert_true(fst_resource_names_patient(fst_view_of("Device")));
    assert_false(fst_resource_names_patient(fst_view_of("Organization")));
}

FST_TESTS(cmocka_unit_test(rendering), cmocka_unit_test(identifiers), cmocka_unit_test(patients), cmocka_unit_test(compartments))
