/* export: start, describe, list and wait for export jobs. */
#include "cli/api-run.h"

FST_API_COMMAND(start, "StartFHIRExportJob")
FST_API_COMMAND(describe, "DescribeFHIRExportJob")
FST_API_COMMAND(list, "ListFHIRExportJobs")

static struct fst_opt wait_opts[FST_API_OPTS_MAX];

__attribute__((constructor)) static void lay_out_wait(void)
{
    fst_api_opts(wait_opts, "DescribeFHIRExportJob", fst_api_wait_opts);
}

static enum fst_status wait_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count, struct fst_error *err)
{
    return fst_api_wait_run(cli, args, "FHIRExportJobCompleted", err);
}

static const struct fst_example start_examples[] = {
    { "fhirstage export start --datastore-id ID --data-access-role-arn arn:aws:iam::123456789012:role/export \\\n"
      "      --output-data-config 'S3Configuration={S3Uri=s3://bucket/export/,KmsKeyId=alias/key}'", "everything in a data store" },
    { 0 }
};

static const struct fst_cmd start = {
    .name = "start", .summary = "start writing a data store's resources to S3",
    .description = "Start an export job and print its id. It writes NDJSON files by resource type under a folder of its own below the "
                   "output's prefix. A CONFIG is given as JSON, as file://FILE or in short: NAME=VALUE,NAME={NAME=VALUE}.",
    .opts = start_opts, .args_size = sizeof(struct fst_api_args), .run = start_run, .examples = start_examples
};
static const struct fst_cmd describe = {
    .name = "describe", .summary = "tell the state of an export job",
    .opts = describe_opts, .args_size = sizeof(struct fst_api_args), .run = describe_run
};
static const struct fst_cmd list = {
    .name = "list", .summary = "list a data store's export jobs, the newest first",
    .opts = list_opts, .args_size = sizeof(struct fst_api_args), .run = list_run
};
static const struct fst_cmd wait = {
    .name = "wait", .summary = "wait until an export job has ended",
    .description = "Wait until the job has ended and print its last state. There is no limit of time unless --timeout gives one. The exit "
                   "code is 0 when it is COMPLETED, 3 when it is COMPLETED_WITH_ERRORS, 4 when it failed or was cancelled, 5 when the time "
                   "was up and the job goes on.",
    .opts = wait_opts, .args_size = sizeof(struct fst_api_args), .run = wait_run
};

static const struct fst_cmd *const subs[] = { &start, &describe, &list, &wait, NULL };

const struct fst_cmd fst_cmd_export = { .name = "export", .summary = "start and follow HealthLake export jobs", .subs = subs };
