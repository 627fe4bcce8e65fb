/* export: start, describe, list and wait for export jobs, and fetch what they wrote. */
#include "cli/api-run.h"
#include "cli/progress.h"
#include "cli/remote-opts.h"
#include "cli/say.h"
#include "cli/table.h"
#include "fhirstage/download.h"
#include "json/writer.h"

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

/* ---- download */

struct download_args {
    const char *datastore_id, *job_id, *out;
    struct fst_remote remote;
    uint64_t    connections;
    bool        json;
};

static const struct fst_opt download_opts[] = {
    { 0, "datastore-id", FST_OPT_STRING, offsetof(struct download_args, datastore_id), "ID", "id of the data store", .required = true },
    { 0, "job-id", FST_OPT_STRING, offsetof(struct download_args, job_id), "ID", "id of the export job", .required = true },
    { 'o', "out", FST_OPT_STRING, offsetof(struct download_args, out), "DIR", "the folder to write; files that are there whole are kept",
      .required = true },
    { 0, "connections", FST_OPT_COUNT, offsetof(struct download_args, connections), "N", "fetch N files at once (default 8)", .min = 1, .max = 256 },
    { 0, "json", FST_OPT_FLAG, offsetof(struct download_args, json), NULL, "print the figures as JSON" },
    FST_REMOTE_OPTS(offsetof(struct download_args, remote)),
    { 0 }
};

struct sums {
    uint64_t files, bytes, lines, kept;
};

/* Files come in the order of their paths, so that a type's stand together. */
struct tally {
    struct sums            all, type;
    char                   name[128]; /* of the type: the first folder */
    struct fst_table       table;
    struct fst_json_writer w;
    bool                   json;
};

static void end_type(struct tally *t)
{
    if (t->type.files && t->json) {
        fst_json_name(&t->w, t->name);
        fst_json_begin_object(&t->w);
        fst_json_member_u64(&t->w, "Files", t->type.files);
        fst_json_member_u64(&t->w, "Resources", t->type.lines);
        fst_json_member_u64(&t->w, "Bytes", t->type.bytes);
        fst_json_end_object(&t->w);
    } else if (t->type.files) {
        fst_table_add(&t->table, t->name);
        fst_table_add_count(&t->table, t->type.files);
        fst_table_add_count(&t->table, t->type.lines);
        fst_table_add_size(&t->table, t->type.bytes);
    }
    t->type = (struct sums){ 0 };
}

static void add_to(struct sums *s, const struct fst_download_file *f)
{
    s->files++;
    s->bytes += f->bytes;
    s->lines += f->lines;
    s->kept += f->kept;
}

static void add_file(void *ctx, const struct fst_download_file *f)
{
    struct tally *t = ctx;
    size_t        n = strcspn(f->path, "/");
    if (strlen(t->name) != n || strncmp(t->name, f->path, n)) {
        end_type(t);
        snprintf(t->name, sizeof t->name, "%.*s", (int)n, f->path);
    }
    add_to(&t->type, f);
    add_to(&t->all, f);
}

static void begin_tally(struct tally *t, struct fst_buf *out)
{
    fst_table_init(&t->table, "lrrr");
    fst_json_writer_init(&t->w, out, 2);
    fst_json_begin_object(&t->w);
    fst_json_name(&t->w, "ByResourceType");
    fst_json_begin_object(&t->w);
    for (const char *const *head = (const char *const[]){ "type", "files", "resources", "bytes", NULL }; *head; head++)
        fst_table_add(&t->table, *head);
}

static void end_tally(struct tally *t, struct fst_buf *out)
{
    end_type(t);
    if (t->json) {
        fst_json_end_object(&t->w);
        fst_json_member_u64(&t->w, "Files", t->all.files);
        fst_json_member_u64(&t->w, "Resources", t->all.lines);
        fst_json_member_u64(&t->w, "Bytes", t->all.bytes);
        fst_json_member_u64(&t->w, "FilesKept", t->all.kept);
        fst_json_end_object(&t->w);
        fst_buf_add_char(out, '\n');
    } else {
        t->type = t->all;
        snprintf(t->name, sizeof t->name, "all");
        end_type(t);
        fst_buf_reset(out);
        fst_table_write(&t->table, out, 0);
    }
    fst_table_clear(&t->table);
}

static enum fst_status download_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count, struct fst_error *err)
{
    const struct download_args *a = args;
    struct tally                tally = { .json = a->json };
    struct fst_progress         progress = { 0 };
    struct fst_buf              out;
    struct fst_download_opts    opts = {
           .datastore_id = a->datastore_id, .job_id = a->job_id, .dir = a->out, .connections = (unsigned)a->connections, .meter = cli->meter,
           .remote = a->remote, .file = add_file, .ctx = &tally
    };
    fst_buf_init(&out, 1 << 20);
    begin_tally(&tally, &out);
    fst_progress_start(&progress, cli);
    enum fst_status st = fst_export_download(&opts, cli->env, err);
    fst_progress_stop(&progress);
    end_tally(&tally, &out);
    if (!st || st == FST_EREJECTED)
        fputs(fst_buf_str(&out), stdout);
    fst_buf_clear(&out);
    return st;
}

/* ---- the commands */

static const struct fst_example download_examples[] = {
    { "fhirstage export download --datastore-id ID --job-id JOB --out exported", "into a folder" }, { 0 }
};
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

static const struct fst_cmd download = {
    .name = "download", .summary = "fetch the files that an export job wrote",
    .description = "Fetch the files of an export job that has ended into a folder, as TYPE/FILE.ndjson. Sizes, and checksums where S3 "
                   "keeps them, are compared; a file that is there whole is not fetched again, so that a second run goes on where the "
                   "first was broken off.",
    .opts = download_opts, .args_size = sizeof(struct download_args), .run = download_run, .examples = download_examples
};

static const struct fst_cmd *const subs[] = { &start, &describe, &list, &wait, &download, NULL };

const struct fst_cmd fst_cmd_export = { .name = "export", .summary = "start and follow HealthLake export jobs, fetch their files", .subs = subs };
