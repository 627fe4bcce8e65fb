/* The grammars of primitives, UCUM's and XHTML's: no byte is read past the end, and what is refused is refused again. The first
 * byte chooses the grammar. */
#include <stdlib.h>
#include <string.h>

#include "fhir/primitive.h"
#include "fhir/ucum.h"
#include "fhir/xhtml.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct fst_xhtml x;
    struct fst_view  v;
    char            *exact;
    unsigned         prim;

    if (!n)
        return 0;
    prim = p[0] % (FST_PRIM_SYSTEM_STRING + 3u);
    exact = malloc(n); /* so that a sanitizer sees what is read past it */
    if (!exact)
        return 0;
    memcpy(exact, p + 1, n - 1);
    v = fst_view_n(exact, n - 1);
    if (prim > FST_PRIM_SYSTEM_STRING + 1u) {
        fst_xhtml_read(&x, v);
        if (!x.malformed && !v.n)
            fst_fuzz_fail("nothing is XHTML");
    } else if (prim > FST_PRIM_SYSTEM_STRING) {
        if (fst_ucum_is_valid(fst_schema_r4(), v) != fst_ucum_is_valid(fst_schema_r4(), v))
            fst_fuzz_fail("two answers");
    } else {
        const char *refused = fst_prim_refuse((enum fst_prim)prim, v);
        if (refused != fst_prim_refuse((enum fst_prim)prim, v))
            fst_fuzz_fail("two answers");
    }
    fst_uri_is_absolute(v);
    fst_is_blank(v);
    free(exact);
    return 0;
}
