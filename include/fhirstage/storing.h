/* fhirstage/storing.h — how objects are kept on S3. */
#ifndef FHIRSTAGE_STORING_H
#define FHIRSTAGE_STORING_H

#include <stddef.h>

/* NULL fields: as the bucket has it. */
struct fst_storing {
    const char        *sse;             /* "AES256", "aws:kms", "aws:kms:dsse" */
    const char        *sse_kms_key_id;
    const char        *sse_kms_context; /* encryption context: a JSON object of strings */
    const char        *storage_class;   /* "STANDARD_IA" */
    const char *const *tags;            /* "KEY=VALUE" */
    size_t             tag_count;
    const char *const *metadata;        /* "KEY=VALUE" */
    size_t             metadata_count;
};

#endif
