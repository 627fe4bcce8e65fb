/* A resource: whatever it is, it gets a verdict, the same each time, and from a validator that remembers nothing; and a
 * text that is no JSON a place. */
#include <string.h>

#include "fhir/validate.h"
#include "fhir/where.h"
#include "fuzz.h"

static void ignore(void *ctx, const struct fst_issue *issue)
{
    (void)ctx;
    if (!issue->rule || !issue->text.n)
        fst_fuzz_fail("an issue that says nothing");
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct fst_validator *v, *forgetful;
    static struct fst_tape       tape;
    struct fst_json_error        jerr;
    struct fst_verdict           first, second;
    struct fst_view              text = fst_view_n((const char *)p, n);
    struct fst_buf               place;

    if ((!v && fst_validator_new(&v, &(struct fst_validate_opts){ .level = FST_LEVEL_STRICT }, NULL)) ||
        (!forgetful && fst_validator_new(&forgetful, &(struct fst_validate_opts){ .level = FST_LEVEL_STRICT, .no_memo = true }, NULL)))
        return 0;
    if (fst_json_parse(&tape, text, &(struct fst_json_opts){ 0 }, &jerr)) {
        fst_buf_init(&place, 1 << 20);
        fst_where(&place, text, jerr.offset);
        fst_buf_clear(&place);
        return 0;
    }
    if (fst_validate(v, &tape, 0, ignore, NULL, &first) || fst_validate(forgetful, &tape, 0, ignore, NULL, &second))
        return 0;
    if (first.ok != second.ok || first.errors != second.errors || first.warnings != second.warnings)
        fst_fuzz_fail("two verdicts");
    return 0;
}
