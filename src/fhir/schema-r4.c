/* R4's own tables: made while the program is built. */
#include "fhir/image.h"
#include "fhir/r4-tables.inc"

const struct fst_schema *fst_schema_r4(void)
{
    static const struct fst_schema r4 = {
#define FST_SECTION(type, name) \
    .name = (const type *)(const void *)((const char *)r4_image + R4_##name##_AT), .name##_count = R4_##name##_COUNT,
        FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
    };
    return &r4;
}
