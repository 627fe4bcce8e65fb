#include "cli/shape.h"

#include "cli/say.h"
#include "fhirstage/profiles.h"

const char *const fst_level_choices[] = { "strict", "structure-only", "minimal", NULL };
const char *const fst_bundles_choices[] = { "split", "keep", NULL };
const char *const fst_ids_choices[] = { "keep", "scope", NULL };
const char *const fst_duplicates_choices[] = { "first", "keep", "fail", NULL };
const char *const fst_unresolved_choices[] = { "keep", "quarantine", "fail", NULL };
const char *const fst_unsupported_choices[] = { "skip", "stage", NULL };
const char *const fst_unknown_profile_choices[] = { "warn", "strip", "reject", NULL };
const char *const fst_parser_choices[] = { "fast", "yajl", NULL };

enum fst_status fst_shape_apply(const struct fst_shape *s, const struct fst_cli *cli, const char *const *inputs, size_t count,
                                struct fst_prepare_opts *opts, struct fst_error *err)
{
    *opts = (struct fst_prepare_opts){
        .inputs = inputs,
        .input_count = count,
        .level = (enum fst_level)s->level,
        .bundles = !s->bundles ? FST_BUNDLES_DEFAULT
                   : s->bundles == fst_bundles_choices[0] ? FST_BUNDLES_SPLIT
                                                          : FST_BUNDLES_KEEP,
        .ids = (enum fst_ids)s->ids,
        .duplicates = (enum fst_duplicates)s->duplicates,
        .unresolved = (enum fst_unresolved)s->unresolved,
        .unknown_profile = (enum fst_unknown_profile)s->unknown_profile,
        .parser = (enum fst_parser)s->parser,
        .types = s->types,
        .stage_unsupported = s->unsupported,
        .include_values = s->include_values,
        .chunk_bytes = s->chunk_bytes,
        .max_job_files = s->max_job_files,
        .max_job_bytes = s->max_job_bytes,
        .max_resource_bytes = s->max_resource_bytes,
        .memory_bytes = s->memory_bytes,
        .tmp_dir = s->tmp_dir,
        .jobs = (unsigned)s->jobs,
        .meter = cli->meter,
        .notice = fst_say_notice,
    };
    return fst_profiles_load(&opts->profiles, s->profiles.items, s->profiles.count, err);
}

void fst_shape_release(struct fst_prepare_opts *opts)
{
    fst_profiles_free(opts->profiles);
    opts->profiles = NULL;
}
