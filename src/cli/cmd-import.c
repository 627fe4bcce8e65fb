/* import: start, describe, list and wait for import jobs. */
#include "cli/api-run.h"

FST_API_COMMAND(start, "StartFHIRImportJob")
FST_API_COMMAND(describe, "DescribeFHIRImportJob")
FST_API_COMMAND(list, "ListFHIRImportJobs")

static struct fst_opt wait_opts[FST_API_OPTS_MAX];

__attribute__((constructor)) static void lay_out_wait(void)
{
    fst_api_opts(wait_opts, "DescribeFHIRImportJob", fst_api_wait_opts);
}

static enum fst_status wait_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count, struct fst_error *err)
{
    enum fst_status st = fst_api_wait_run(cli, args, "FHIRImportJobCompleted", err);
    if (st == FST_EREJECTED)
        fst_error_hint(err, "'fhirstage errors --job ID --datastore ID' tells which resources were refused, and why");
    return st;
}

static const struct fst_example start_examples[] = {
    { "fhirstage import start --datastore-id ID --input-data-config s3://bucket/staged/input/ \\\n"
      "      --job-output-data-config 'S3Configuration={S3Uri=s3://bucket/logs/,KmsKeyId=alias/key}' \\\n"
      "      --data-access-role-arn arn:aws:iam::123456789012:role/import --validation-level structure-only", "an import" },
    { 0 }
};
static const struct fst_example wait_examples[] = {
    { "fhirstage import wait --datastore-id ID --job-id JOB --timeout 2h", "for two hours at most" }, { 0 }
};

static const struct fst_cmd start = {
    .name = "start", .summary = "start importing the files under a prefix on S3",
    .description = "Start an import job and print its id. Every object under the input's prefix is read. A CONFIG is given as JSON, "
                   "as file://FILE or in short: NAME=VALUE,NAME={NAME=VALUE}. A data store runs one import at a time; more are queued.",
    .opts = start_opts, .args_size = sizeof(struct fst_api_args), .run = start_run, .examples = start_examples
};
static const struct fst_cmd describe = {
    .name = "describe", .summary = "tell the state of an import job and how far it is",
    .opts = describe_opts, .args_size = sizeof(struct fst_api_args), .run = describe_run
};
static const struct fst_cmd list = {
    .name = "list", .summary = "list a data store's import jobs, the newest first",
    .opts = list_opts, .args_size = sizeof(struct fst_api_args), .run = list_run
};
static const struct fst_cmd wait = {
    .name = "wait", .summary = "wait until an import job has ended",
    .description = "Wait until the job has ended, showing how it gets on, and print its last state. There is no limit of time unless "
                   "--timeout gives one. The exit code is 0 when all was imported, 3 when it is COMPLETED_WITH_ERRORS, 4 when it failed, "
                   "5 when the time was up and the job goes on.",
    .opts = wait_opts, .args_size = sizeof(struct fst_api_args), .run = wait_run, .examples = wait_examples
};

static const struct fst_cmd *const subs[] = { &start, &describe, &list, &wait, NULL };

const struct fst_cmd fst_cmd_import = { .name = "import", .summary = "start and follow HealthLake import jobs", .subs = subs };
