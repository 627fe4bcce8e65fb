/* cli/remote-opts.h — the options that say which AWS, and how objects are sent. They win over the environment, which
 * wins over the profile. Threads: thread-safe. */
#ifndef FST_CLI_REMOTE_OPTS_H
#define FST_CLI_REMOTE_OPTS_H

#include "cli/cmd.h"
#include "fhirstage/remote.h"
#include "fhirstage/run.h"

/* Rows of an option table; `base` is the offset of the struct fst_remote in the args struct. */
#define FST_REMOTE_OPTS(base)                                                                                           \
    { 0, "Which AWS", FST_OPT_HEADING },                                                                                \
    { 0, "endpoint-url", FST_OPT_STRING, (base) + offsetof(struct fst_remote, endpoint_url), "URL",                     \
      "another endpoint for HealthLake and S3, such as 'fhirstage serve' prints" },                                     \
    { 0, "region", FST_OPT_STRING, (base) + offsetof(struct fst_remote, region), "REGION",                              \
      "region (default: AWS_REGION, or the profile's)" },                                                               \
    { 0, "profile", FST_OPT_STRING, (base) + offsetof(struct fst_remote, profile), "NAME",                              \
      "profile of the shared files (default: AWS_PROFILE, or default)" },                                               \
    { 0, "expected-bucket-owner", FST_OPT_STRING, (base) + offsetof(struct fst_remote, bucket_owner), "ACCOUNT",        \
      "refuse buckets that are not of this account" },                                                                  \
    { 0, "requester-pays", FST_OPT_FLAG, (base) + offsetof(struct fst_remote, requester_pays), NULL,                    \
      "agree to be charged for reading buckets whose owners ask for that" }

struct fst_sending {
    bool        prune, verify, break_lock;
    const char *sse, *sse_kms_key_id, *sse_kms_context, *storage_class;
    struct fst_strings tags, metadata;
    int         checksum, checksum_mode, payload_signing; /* as the enums of fhirstage/run.h */
    uint64_t    connections;
};
/* Into what fst_upload() and its like take. */
void fst_sending_apply(const struct fst_sending *s, struct fst_upload_opts *opts);

extern const char *const fst_sse_choices[], *const fst_checksum_choices[], *const fst_checksum_mode_choices[],
    *const fst_payload_signing_choices[];

#define FST_SENDING_OPTS(base)                                                                                          \
    { 0, "How it is sent", FST_OPT_HEADING },                                                                           \
    { 0, "prune", FST_OPT_FLAG, (base) + offsetof(struct fst_sending, prune), NULL,                                     \
      "delete objects under PREFIX/input/ that are not ours; without it such a prefix is refused, since HealthLake "    \
      "imports all that lies there" },                                                                                  \
    { 0, "sse", FST_OPT_STRING, (base) + offsetof(struct fst_sending, sse), NULL,                                       \
      "server-side encryption of the objects (default: the bucket's)", fst_sse_choices },                               \
    { 0, "sse-kms-key-id", FST_OPT_STRING, (base) + offsetof(struct fst_sending, sse_kms_key_id), "KEY",                \
      "key for --sse=aws:kms (default: the bucket's, or AWS's own)" },                                                  \
    { 0, "sse-kms-context", FST_OPT_STRING, (base) + offsetof(struct fst_sending, sse_kms_context), "JSON",             \
      "encryption context for --sse=aws:kms: an object of strings" },                                                   \
    { 0, "storage-class", FST_OPT_STRING, (base) + offsetof(struct fst_sending, storage_class), "CLASS",                \
      "storage class of the objects, such as STANDARD_IA (default STANDARD)" },                                         \
    { 0, "tag", FST_OPT_STRINGS, (base) + offsetof(struct fst_sending, tags), "KEY=VALUE",                              \
      "tag the objects (repeatable)" },                                                                                 \
    { 0, "metadata", FST_OPT_STRINGS, (base) + offsetof(struct fst_sending, metadata), "KEY=VALUE",                     \
      "metadata of the objects (repeatable)" },                                                                         \
    { 0, "checksum", FST_OPT_CHOICE, (base) + offsetof(struct fst_sending, checksum), NULL,                             \
      "the checksum that the service verifies and keeps (default crc32)", fst_checksum_choices },                       \
    { 0, "checksum-mode", FST_OPT_CHOICE, (base) + offsetof(struct fst_sending, checksum_mode), NULL,                   \
      "before a body, or behind it in chunks (default auto: before)", fst_checksum_mode_choices },                      \
    { 0, "payload-signing", FST_OPT_CHOICE, (base) + offsetof(struct fst_sending, payload_signing), NULL,               \
      "does the signature cover bodies (default auto: over http, not over https)", fst_payload_signing_choices },       \
    { 0, "verify", FST_OPT_FLAG, (base) + offsetof(struct fst_sending, verify), NULL,                                   \
      "read everything back at the end, and compare" },                                                                 \
    { 0, "break-lock", FST_OPT_FLAG, (base) + offsetof(struct fst_sending, break_lock), NULL,                           \
      "go on although another run seems to be at work on the prefix" },                                                 \
    { 0, "connections", FST_OPT_COUNT, (base) + offsetof(struct fst_sending, connections), "N",                         \
      "connections at a time, at most: as many are used as make it faster (default 64)", .min = 1, .max = 256 }

#endif
