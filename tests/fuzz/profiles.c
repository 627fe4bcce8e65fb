/* Definitions from anywhere: what follows a line "---" is held to them. Loading must end in profiles or in one line. */
#include "fuzz.h"

#include <string.h>

#include "fhir/validate.h"
#include "fhirstage/profiles.h"

static void ignore(void *ctx, const struct fst_issue *issue)
{
    (void)ctx;
    (void)issue;
}

static void judge(const struct fst_profiles *profiles, struct fst_view json)
{
    const struct fst_validate_opts opts = { .profiles = profiles };
    struct fst_tape       tape = { 0 };
    struct fst_json_error jerr;
    struct fst_validator *v;
    struct fst_verdict    verdict;
    if (!fst_json_parse(&tape, json, &(struct fst_json_opts){ 0 }, &jerr) && !fst_validator_new(&v, &opts, NULL)) {
        if (!fst_validate(v, &tape, 0, ignore, NULL, &verdict) && verdict.ok != !verdict.errors)
            fst_fuzz_fail("valid with %u errors", verdict.errors);
        fst_validator_free(v);
    }
    fst_tape_clear(&tape);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char    line[] = "\n---\n";
    const char          *text = (const char *)p, *cut = n ? memmem(text, n, line, sizeof line - 1) : NULL;
    size_t               first = cut ? (size_t)(cut - text) : n;
    struct fst_profiles *profiles;
    struct fst_error     err = { 0 };
    if (fst_profiles_parse(&profiles, fst_view_n(text, first), "fuzz", &err)) {
        if (!*err.text || strchr(err.text, '\n'))
            fst_fuzz_fail("refused without a line: '%s'", err.text);
        return 0;
    }
    judge(profiles, cut ? fst_view_n(cut + sizeof line - 1, n - first - (sizeof line - 1)) : fst_view_of("{}"));
    fst_profiles_free(profiles);
    return 0;
}
