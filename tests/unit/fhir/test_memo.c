/* Objects that are passed because they were seen before: whatever came before, the issues are those of a validator that
 * remembers nothing. Resources are taken as they are, then with a byte changed, or an object of one put in another's place. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "pair.h"

enum { ROUNDS = 8 };

static uint64_t state_of_chance = 42;

static void pair_init(struct pair *p)
{
    *p = (struct pair){ .judged = 0 };
    judge_init(&p->one, "remembering", (struct fst_validate_opts){ .show_values = true });
    judge_init(&p->other, "judging anew", (struct fst_validate_opts){ .no_memo = true, .show_values = true });
}

/* ---- changes */

static uint32_t any(struct pair *p, size_t below)
{
    state_of_chance ^= state_of_chance << 13;
    state_of_chance ^= state_of_chance >> 7;
    state_of_chance ^= state_of_chance << 17;
    return (uint32_t)(state_of_chance % below);
}

/* A node of that kind, not the root, or FST_NO_NODE; names are strings. */
static uint32_t any_node(struct pair *p, const struct fst_tape *t, enum fst_json_kind kind)
{
    for (int tries = 0; tries < 64; tries++) {
        uint32_t i = any(p, t->count);
        if (i && fst_tape_kind(t, i) == kind)
            return i;
    }
    return FST_NO_NODE;
}

static void splice(struct pair *p, struct fst_buf *out, const struct fst_tape *t, uint32_t at, struct fst_view by)
{
    const struct fst_node *n = &t->nodes[at];
    fst_buf_reset(out);
    fst_buf_add(out, t->text, n->off);
    fst_buf_add_view(out, by);
    fst_buf_add(out, t->text + n->off + n->len, t->text_len - n->off - n->len);
    compare(p, fst_buf_view(out));
}

static void change_byte(struct pair *p, struct fst_buf *out, const struct fst_tape *t)
{
    static const char bytes[] = "0aZ #/:.-\\|5x";
    uint32_t          at = any_node(p, t, FST_JSON_STRING);
    char              text[4096];
    size_t            n = at == FST_NO_NODE ? 0 : t->nodes[at].len;
    if (!n || n > sizeof text)
        return;
    memcpy(text, t->text + t->nodes[at].off, n);
    text[any(p, n)] = bytes[any(p, sizeof bytes - 1)];
    splice(p, out, t, at, fst_view_n(text, n));
}

static void graft(struct pair *p, struct fst_buf *out, const struct fst_tape *from, const struct fst_tape *t)
{
    uint32_t a = any_node(p, from, FST_JSON_OBJECT), b = any_node(p, t, FST_JSON_OBJECT);
    if (a != FST_NO_NODE && b != FST_NO_NODE)
        splice(p, out, t, b, fst_view_n(from->text + from->nodes[a].off, from->nodes[a].len));
}

/* ---- what they are made to */

static struct fst_tape parsed(struct fst_view text)
{
    struct fst_tape       t = { 0 };
    struct fst_json_error jerr;
    assert_int_equal(fst_json_parse(&t, text, &(struct fst_json_opts){ 0 }, &jerr), FST_OK);
    return t;
}

static void change(struct pair *p, const struct fst_view *texts, size_t count)
{
    struct fst_tape before = parsed(texts[0]);
    struct fst_buf  out;
    fst_buf_init(&out, PAIR_CEILING);
    for (size_t i = 0; i < count; i++) {
        struct fst_tape t = parsed(texts[i]);
        compare(p, texts[i]);
        for (int round = 0; round < ROUNDS; round++) {
            change_byte(p, &out, &t);
            graft(p, &out, &before, &t);
            graft(p, &out, &t, &t);
        }
        compare(p, texts[i]);
        fst_tape_clear(&before);
        before = t;
    }
    fst_tape_clear(&before);
    fst_buf_clear(&out);
}

static void sample_resources(void **state)
{
    enum { MOST = 4096 };
    static struct fst_view texts[MOST];
    struct fst_buf         file;
    struct fst_tape        bundle;
    struct pair            p;
    size_t                 count = 0;

    fst_buf_init(&file, PAIR_CEILING);
    assert_int_equal(fst_file_read(&file, "samples/synthea/Adolph80_Bartoletti50_dabfdec7-929a-3269-fd84-ab7e6ecaa245.json", NULL), FST_OK);
    bundle = parsed(fst_buf_view(&file));
    FST_EACH_ELEMENT(&bundle, fst_tape_member(&bundle, 0, "entry"), entry) {
        const struct fst_node *n = &bundle.nodes[fst_tape_member(&bundle, entry, "resource")];
        if (count < MOST)
            texts[count++] = fst_view_n(bundle.text + n->off, n->len);
    }
    pair_init(&p);
    change(&p, texts, count);
    assert_true(p.judged > 20 * count);
    assert_true(p.refused > count);
    pair_clear(&p);
    fst_tape_clear(&bundle);
    fst_buf_clear(&file);
}

/* Each first line teaches what the second must not pass by. */
static void places(void **state)
{
#define EXTENSION "{\"url\":\"http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName\",\"valueString\":\"long enough\"}"
    static const char *const rows[] = {
        /* a reference to a contained resource that the next has not */
        "{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Organization\",\"id\":\"organization-1\",\"name\":\"x\"}],\"managingOrganization\":{\"reference\":\"#organization-1\"}}",
        "{\"resourceType\":\"Patient\",\"managingOrganization\":{\"reference\":\"#organization-1\"}}",
        "{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Practitioner\",\"id\":\"organization-1\",\"active\":true}],\"managingOrganization\":{\"reference\":\"#organization-1\"}}",
        /* an extension where its definition lets it stand, and where not */
        "{\"resourceType\":\"Patient\",\"extension\":[" EXTENSION "]}",
        "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"x\",\"extension\":[" EXTENSION "]}]}",
        "{\"resourceType\":\"Group\",\"type\":\"person\",\"actual\":true,\"extension\":[" EXTENSION "]}",
        /* the same object as another member's */
        "{\"resourceType\":\"Patient\",\"generalPractitioner\":[{\"reference\":\"Practitioner/practitioner-1\"}]}",
        "{\"resourceType\":\"Patient\",\"managingOrganization\":{\"reference\":\"Practitioner/practitioner-1\"}}",
        /* a reference alone, and in a Bundle's entry that has no fullUrl */
        "{\"resourceType\":\"Patient\",\"managingOrganization\":{\"reference\":\"Organization/organization-1\"}}",
        "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\",\"managingOrganization\":{\"reference\":\"Organization/organization-1\"}}}]}",
        /* a link in a narrative */
        "{\"resourceType\":\"Patient\",\"name\":[{\"id\":\"there\",\"family\":\"x\"}],\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\"><a href=\\\"#there\\\">x</a></div>\"}}",
        "{\"resourceType\":\"Patient\",\"name\":[{\"id\":\"elsewhere\",\"family\":\"x\"}],\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\"><a href=\\\"#there\\\">x</a></div>\"}}",
        /* an item that is enabled by another */
        "{\"resourceType\":\"Questionnaire\",\"status\":\"draft\",\"item\":[{\"linkId\":\"a\",\"type\":\"boolean\"},{\"linkId\":\"b\",\"type\":\"boolean\",\"enableWhen\":[{\"question\":\"a\",\"operator\":\"exists\",\"answerBoolean\":true}]}]}",
        "{\"resourceType\":\"Questionnaire\",\"status\":\"draft\",\"item\":[{\"linkId\":\"c\",\"type\":\"boolean\"},{\"linkId\":\"b\",\"type\":\"boolean\",\"enableWhen\":[{\"question\":\"a\",\"operator\":\"exists\",\"answerBoolean\":true}]}]}",
    };
    struct pair p;
    pair_init(&p);
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < FST_COUNT(rows); i++)
            compare(&p, fst_view_of(rows[i]));
    assert_int_equal(p.judged, 3 * FST_COUNT(rows));
    assert_true(p.refused >= 3 * 4);
    pair_clear(&p);
}

/* What is remembered costs a resource what it cost the first time: the work of one that repeats itself is cut off as well. */
static void repeated_work(void **state)
{
    enum { MANY = 150000 };
    struct pair    p;
    struct fst_buf text;

    fst_buf_init(&text, PAIR_CEILING);
    fst_buf_add_str(&text, "{\"resourceType\":\"Patient\",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">x</div>\"},\"contact\":[");
    for (int i = 0; i < MANY; i++)
        fst_buf_addf(&text, "%s{\"period\":{\"start\":\"2020-01-01\",\"end\":\"2021-0%d-01\"},\"name\":{\"\\u0066amily\":\"x\"}}", i ? "," : "", 1 + i % 9);
    fst_buf_add_str(&text, "]}");
    pair_init(&p);
    compare(&p, fst_buf_view(&text));
    compare(&p, fst_buf_view(&text));
    assert_int_equal(p.judged, 2);
    pair_clear(&p);
    fst_buf_clear(&text);
}

static void oracle_cases(void **state)
{
    struct pair p;
    char        command[4096], *line = NULL;
    size_t      cap = 0;
    FILE       *in;

    if (!fst_testdata())
        skip();
    pair_init(&p);
    snprintf(command, sizeof command, "xz -dc '%s/oracle/dev/cases.ndjson.xz' '%s/oracle/synthea/cases.ndjson.xz' 2>/dev/null", fst_testdata(), fst_testdata());
    in = popen(command, "r");
    for (ssize_t n; in && (n = getline(&line, &cap, in)) > 0;)
        compare(&p, fst_view_n(line, (size_t)n));
    free(line);
    if (in)
        pclose(in);
    pair_clear(&p);
}

FST_TESTS(cmocka_unit_test(places), cmocka_unit_test(repeated_work), cmocka_unit_test(sample_resources), cmocka_unit_test(oracle_cases))
