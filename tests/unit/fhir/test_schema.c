#include "test.h"

#include "fhir/schema.h"

static struct fst_view name_of(fst_def def)
{
    return def == FST_NO_DEF ? (struct fst_view)FST_VIEW("nothing") : fst_schema_name(fst_schema_r4(), def);
}

static void types(void **state)
{
    static const struct { const char *name, *base; enum fst_def_kind kind; enum fst_prim prim; } rows[] = {
        { "Patient", "DomainResource", FST_DEF_RESOURCE, FST_PRIM_NONE },
        { "Bundle", "Resource", FST_DEF_RESOURCE, FST_PRIM_NONE },
        { "Patient.contact", "BackboneElement", FST_DEF_BACKBONE, FST_PRIM_NONE },
        { "Timing.repeat", "Element", FST_DEF_BACKBONE, FST_PRIM_NONE },
        { "Age", "Quantity", FST_DEF_COMPLEX, FST_PRIM_NONE },
        { "code", "string", FST_DEF_PRIMITIVE, FST_PRIM_CODE },
        { "Element", "nothing", FST_DEF_COMPLEX, FST_PRIM_NONE },
    };
    const struct fst_schema *s = fst_schema_r4();
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        fst_def def = fst_schema_find(s, fst_view_of(rows[i].name));
        if (def == FST_NO_DEF || !fst_view_is(name_of(def), rows[i].name) || !fst_view_is(name_of(fst_schema_base(s, def)), rows[i].base) ||
            fst_schema_kind(s, def) != rows[i].kind || fst_schema_prim(s, def) != rows[i].prim)
            fail_msg("%s", rows[i].name);
    }
    assert_int_equal(fst_schema_find(s, fst_view_of("patient")), FST_NO_DEF);
    assert_int_equal(fst_schema_find(s, fst_view_of("")), FST_NO_DEF);
    assert_true(fst_schema_is_a(s, fst_schema_find(s, fst_view_of("Patient")), fst_schema_find(s, fst_view_of("Resource"))));
    assert_false(fst_schema_is_a(s, fst_schema_find(s, fst_view_of("Bundle")), fst_schema_find(s, fst_view_of("DomainResource"))));
}

static void members(void **state)
{
    static const struct { const char *type, *member, *element, *of; unsigned flags; } rows[] = {
        { "Patient", "name", "name", "HumanName", FST_MEMBER_ARRAY },
        { "Patient", "id", "id", "id", FST_MEMBER_PRIMITIVE },
        { "Patient", "deceasedDateTime", "deceased", "dateTime", FST_MEMBER_PRIMITIVE | FST_MEMBER_CHOICE },
        { "Patient", "_birthDate", "birthDate", "date", FST_MEMBER_PRIMITIVE | FST_MEMBER_UNDERSCORE },
        { "Patient", "contact", "contact", "Patient.contact", FST_MEMBER_ARRAY },
        { "Patient", "contained", "contained", "Resource", FST_MEMBER_ARRAY | FST_MEMBER_RESOURCE },
        { "Questionnaire.item", "item", "item", "Questionnaire.item", FST_MEMBER_ARRAY },
        { "Extension", "valueBase64Binary", "value", "base64Binary", FST_MEMBER_PRIMITIVE | FST_MEMBER_CHOICE },
        { "Bundle.entry", "resource", "resource", "Resource", FST_MEMBER_RESOURCE },
        { "Age", "comparator", "comparator", "code", FST_MEMBER_PRIMITIVE },
    };
    const struct fst_schema *s = fst_schema_r4();
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        fst_def                  def = fst_schema_find(s, fst_view_of(rows[i].type));
        const struct fst_member *m = fst_schema_member(s, def, fst_view_of(rows[i].member));
        if (!m || m->flags != rows[i].flags || !fst_view_is(name_of(m->def), rows[i].of) ||
            !fst_view_is(fst_schema_element_name(s, fst_schema_element_of(s, def, m)), rows[i].element))
            fail_msg("%s.%s: %.*s %u", rows[i].type, rows[i].member, FST_VIEW_ARGS(name_of(m ? m->def : FST_NO_DEF)), m ? m->flags : 0);
    }
    fst_def patient = fst_schema_find(s, fst_view_of("Patient"));
    static const char *const none[] = { "", "Name", "deceased", "_name", "resourceType", "foo", "deceasedDatetime", "nameX" };
    for (size_t i = 0; i < FST_COUNT(none); i++)
        if (fst_schema_member(s, patient, fst_view_of(none[i])))
            fail_msg("Patient has %s", none[i]);
}

/* Every member of every type is found by its name, and belongs to an element that says so too. */
static void every_member(void **state)
{
    const struct fst_schema *s = fst_schema_r4();
    size_t                   count, seen = 0;
    static const char *const roots[] = { "ElementDefinition", "Extension", "Contract.term", "ExplanationOfBenefit", "Parameters.parameter" };
    for (size_t r = 0; r < FST_COUNT(roots); r++) {
        fst_def                   def = fst_schema_find(s, fst_view_of(roots[r]));
        const struct fst_element *elements = fst_schema_elements(s, def, &count);
        for (size_t i = 0; i < count; i++) {
            const struct fst_element *e = fst_schema_element(s, def, fst_schema_element_name(s, &elements[i]));
            assert_ptr_equal(e, &elements[i]);
            assert_int_equal(e->index, i);
            seen += e->member_count;
        }
    }
    assert_true(seen > 300);
}

FST_TESTS(cmocka_unit_test(types), cmocka_unit_test(members), cmocka_unit_test(every_member))
