/* FHIRPath: whatever the expression, it compiles or says why not, and evaluates within its bounds, twice to the same. */
#include <string.h>

#include "fhir/fhirpath.h"
#include "fuzz.h"

static const char patient[] =
    "{\"resourceType\":\"Patient\",\"id\":\"a\",\"active\":true,\"name\":[{\"family\":\"A\",\"given\":[\"b\",\"c\"]},{\"text\":\"d\"}],\"birthDate\":\"1970-01-02\","
    "\"contained\":[{\"resourceType\":\"Observation\",\"id\":\"o\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"valueQuantity\":{\"value\":1.5,\"unit\":\"mg\","
    "\"system\":\"http://unitsofmeasure.org\",\"code\":\"mg\"}}],\"multipleBirthInteger\":2,\"_gender\":{\"extension\":[{\"url\":\"http://x.org\",\"valueString\":\"y\"}]}}";

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct fst_tape      tape;
    static struct fst_path_eval eval;
    struct fst_json_error       jerr;
    struct fst_arena            arena;
    const char                 *why;
    struct fst_path_program    *program;
    struct fst_path_item        context = { .kind = FST_PATH_NODE, .node = 0, .more = FST_NO_NODE };

    if (!tape.count) {
        if (fst_json_parse(&tape, fst_view_of(patient), &(struct fst_json_opts){ 0 }, &jerr))
            fst_fuzz_fail("the patient is no JSON: %s", jerr.what);
        fst_path_eval_init(&eval, fst_schema_r4());
    }
    if (n > 4096)
        return 0;
    context.def = fst_schema_find(fst_schema_r4(), fst_view_of("Patient"));
    eval.tape = &tape;
    eval.resource = eval.root_resource = context;
    fst_arena_init(&arena, 0);
    program = fst_path_compile(&arena, fst_view_n((const char *)p, n), &why);
    if (!program && !why)
        fst_fuzz_fail("refused without a reason");
    if (program) {
        enum fst_path_truth first = fst_path_is_true(&eval, program, context);
        if (first != fst_path_is_true(&eval, program, context))
            fst_fuzz_fail("two answers");
    }
    fst_arena_clear(&arena);
    return 0;
}
