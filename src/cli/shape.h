/* cli/shape.h — the options that `prepare`, `figures` and `run` share: what is made of the input, and with how much
 * of this machine. Threads: thread-safe. */
#ifndef FST_CLI_SHAPE_H
#define FST_CLI_SHAPE_H

#include "cli/cmd.h"
#include "fhirstage/prepare.h"

struct fst_shape {
    struct fst_strings profiles;
    int         unknown_profile;
    int         level, ids, duplicates, unresolved, unsupported, parser;
    const char *bundles, *types, *tmp_dir;
    bool        include_values;
    uint64_t    chunk_bytes, max_resource_bytes, max_job_files, max_job_bytes, memory_bytes, jobs;
};

extern const char *const fst_level_choices[], *const fst_bundles_choices[], *const fst_ids_choices[],
    *const fst_duplicates_choices[], *const fst_unresolved_choices[], *const fst_unsupported_choices[],
    *const fst_parser_choices[], *const fst_unknown_profile_choices[];

/* The offsets of a struct fst_strings and of an int. */
#define FST_PROFILE_OPTS(files_at, unknown_at)                                                                          \
    { 0, "profiles", FST_OPT_STRINGS, files_at, "FILE",                                                                 \
      "hold resources to the profiles in FILE that they claim in meta.profile: a StructureDefinition, a Bundle of "     \
      "definitions, or a FHIR package (.tgz); may be repeated" },                                                       \
    { 0, "unknown-profile", FST_OPT_CHOICE, unknown_at, NULL,                                                           \
      "what becomes of a claim to a profile that is not known: a warning, the claim is taken out of what is staged, or " \
      "the resource is rejected (default warn)", fst_unknown_profile_choices }

/* The offsets of two uint64_t. */
#define FST_JOB_LIMIT_OPTS(files_at, bytes_at)                                                                          \
    { 0, "max-job-files", FST_OPT_COUNT, files_at, "N",                                                                 \
      "files that an import job may hold, where your quota is another one; more becomes several jobs (default 1000000)", \
      .min = 1 },                                                                                                       \
    { 0, "max-job-bytes", FST_OPT_SIZE, bytes_at, "SIZE", "bytes that it may hold (default 5000GB)", .min = 1024 }

#define FST_SHAPE_AT(base, field) (base) + offsetof(struct fst_shape, field)

/* Rows of an option table; `base` is the offset of the struct fst_shape in the args struct. */
#define FST_SHAPE_OPTS(base)                                                                                            \
    { 0, "What is made of the input", FST_OPT_HEADING },                                                                \
    { 0, "level", FST_OPT_CHOICE, FST_SHAPE_AT(base, level), NULL,                                                      \
      "how closely resources are checked; also the import job's ValidationLevel (default strict)", fst_level_choices }, \
    FST_PROFILE_OPTS(FST_SHAPE_AT(base, profiles), FST_SHAPE_AT(base, unknown_profile)),                                \
    { 0, "bundles", FST_OPT_STRING, FST_SHAPE_AT(base, bundles), NULL,                                                  \
      "split all Bundles into their entries, or keep all (default: split all but document and message)",                \
      fst_bundles_choices },                                                                                            \
    { 0, "ids", FST_OPT_CHOICE, FST_SHAPE_AT(base, ids), NULL,                                                          \
      "keep the ids given, or derive them per Bundle, for sources that number from 1 (default keep)", fst_ids_choices }, \
    { 0, "duplicates", FST_OPT_CHOICE, FST_SHAPE_AT(base, duplicates), NULL,                                            \
      "when a type and id come twice: take the first and reject the rest, stage all, or stop (default first)",          \
      fst_duplicates_choices },                                                                                         \
    { 0, "unresolved", FST_OPT_CHOICE, FST_SHAPE_AT(base, unresolved), NULL,                                            \
      "what becomes of a reference that points at nothing in the input: kept as it is, its resource rejected, or stop " \
      "(default keep)", fst_unresolved_choices },                                                                       \
    { 0, "types", FST_OPT_STRING, FST_SHAPE_AT(base, types), "LIST", "only these resource types, separated by commas" }, \
    { 0, "unsupported", FST_OPT_CHOICE, FST_SHAPE_AT(base, unsupported), NULL,                                          \
      "types that HealthLake does not import (default skip)", fst_unsupported_choices },                                \
    { 0, "chunk-size", FST_OPT_SIZE, FST_SHAPE_AT(base, chunk_bytes), "SIZE",                                           \
      "largest file staged (default 256MiB, at most 50GB)", .min = 1024, .max = FST_FILE_BYTES },                       \
    FST_JOB_LIMIT_OPTS(FST_SHAPE_AT(base, max_job_files), FST_SHAPE_AT(base, max_job_bytes)),                           \
    { 0, "max-resource", FST_OPT_SIZE, FST_SHAPE_AT(base, max_resource_bytes), "SIZE",                                  \
      "largest resource; a larger one is rejected (default 192MiB)", .min = 1 },                                        \
    { 0, "include-values", FST_OPT_FLAG, FST_SHAPE_AT(base, include_values), NULL,                                      \
      "let messages show values of resources (they may be patient data)" },                                             \
    FST_MACHINE_OPTS(base)

#define FST_MACHINE_OPTS(base)                                                                                          \
    { 0, "How much of this machine", FST_OPT_HEADING },                                                                 \
    { 'j', "jobs", FST_OPT_COUNT, FST_SHAPE_AT(base, jobs), "N", "threads (default: one a processor)", .min = 1,        \
      .max = 1024 },                                                                                                    \
    { 0, "memory", FST_OPT_SIZE, FST_SHAPE_AT(base, memory_bytes), "SIZE", "memory to use (default 256MiB)",            \
      .min = 16 << 20 },                                                                                                \
    { 0, "tmp", FST_OPT_STRING, FST_SHAPE_AT(base, tmp_dir), "DIR", "for temporary files (default: TMPDIR, or /tmp)" }, \
    { 0, "parser", FST_OPT_CHOICE, FST_SHAPE_AT(base, parser), NULL, "which JSON parser reads (default fast)",          \
      fst_parser_choices }

/* Fill everything of `opts` but out_dir, and load the profiles. fst_shape_release() frees these; fine after a failure. */
FST_MUST_USE enum fst_status fst_shape_apply(const struct fst_shape *s, const struct fst_cli *cli, const char *const *inputs, size_t count,
                                             struct fst_prepare_opts *opts, struct fst_error *err);
void fst_shape_release(struct fst_prepare_opts *opts);

#endif
