/* upload: stage a prepared folder on S3. */
#include "base/str.h"
#include "cli/progress.h"
#include "cli/remote-opts.h"
#include "cli/say.h"
#include "fhirstage/run.h"
#include "json/writer.h"

struct upload_args {
    struct fst_remote  remote;
    struct fst_sending sending;
    bool               create_bucket, json;
};

static const struct fst_opt upload_opts[] = {
    { 0, "json", FST_OPT_FLAG, offsetof(struct upload_args, json), NULL, "print what was sent as JSON" },
    { 0, "create-bucket", FST_OPT_FLAG, offsetof(struct upload_args, create_bucket), NULL, "create the bucket where it is missing" },
    FST_SENDING_OPTS(offsetof(struct upload_args, sending)),
    FST_REMOTE_OPTS(offsetof(struct upload_args, remote)),
    { 0 }
};

static void add_files(struct fst_buf *out, uint64_t files, uint64_t bytes, const char *what)
{
    fst_add_count(out, files);
    fst_buf_add_str(out, files == 1 ? " file, " : " files, ");
    fst_add_size(out, bytes);
    fst_buf_addf(out, " %s\n", what);
}

static void add_text(struct fst_buf *out, const struct fst_upload_result *r)
{
    add_files(out, r->files_sent, r->bytes_sent, "sent");
    if (r->files_kept)
        add_files(out, r->files_kept, r->bytes_kept, "were there already");
    if (r->files_pruned) {
        fst_add_count(out, r->files_pruned);
        fst_buf_add_str(out, " foreign objects deleted\n");
    }
    if (r->files_verified) {
        fst_add_count(out, r->files_verified);
        fst_buf_add_str(out, " chunks read back and compared\n");
    }
    if (r->import_jobs > 1) {
        fst_add_count(out, r->import_jobs);
        fst_buf_add_str(out, " import jobs, one for each folder " FST_INPUT_FOLDER FST_JOB_FOLDER "*/\n");
    }
}

static void add_json(struct fst_buf *out, const struct fst_upload_result *r)
{
    struct fst_json_writer w;
    fst_json_writer_init(&w, out, 2);
    fst_json_begin_object(&w);
    fst_json_member_u64(&w, "FilesSent", r->files_sent);
    fst_json_member_u64(&w, "BytesSent", r->bytes_sent);
    fst_json_member_u64(&w, "FilesKept", r->files_kept);
    fst_json_member_u64(&w, "BytesKept", r->bytes_kept);
    fst_json_member_u64(&w, "FilesPruned", r->files_pruned);
    fst_json_member_u64(&w, "FilesVerified", r->files_verified);
    if (r->import_jobs > 1)
        fst_json_member_u64(&w, "ImportJobs", r->import_jobs);
    fst_json_name(&w, "Seconds");
    fst_json_double(&w, r->seconds, 3);
    fst_json_end_object(&w);
    fst_buf_add_char(out, '\n');
}

static enum fst_status print_result(const struct fst_upload_result *r, bool json, struct fst_error *err)
{
    struct fst_buf  out;
    enum fst_status st;
    fst_buf_init(&out, 1 << 16);
    if (json)
        add_json(&out, r);
    else
        add_text(&out, r);
    fputs(fst_buf_str(&out), stdout);
    st = fst_buf_check(&out, err);
    fst_buf_clear(&out);
    return st;
}

static enum fst_status upload_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count,
                                  struct fst_error *err)
{
    const struct upload_args    *a = args;
    struct fst_upload_result     result = { 0 };
    struct fst_progress          progress;
    enum fst_status              st;
    struct fst_upload_opts       opts = { .dir = operands[0], .to = operands[1], .remote = a->remote, .create_bucket = a->create_bucket,
                                          .meter = cli->meter, .notice = fst_say_notice };
    fst_sending_apply(&a->sending, &opts);
    fst_progress_start(&progress, cli);
    st = fst_upload(&opts, cli->env, &result, err);
    fst_progress_stop(&progress);
    return st ? st : print_result(&result, a->json, err);
}

static const struct fst_example examples[] = {
    { "fhirstage upload staged s3://my-bucket/2026-11", "stage what 'prepare --out staged' wrote" }, { 0 }
};

const struct fst_cmd fst_cmd_upload = {
    .name = "upload", .args = "DIR s3://BUCKET/PREFIX", .summary = "stage a prepared folder on S3",
    .description =
        "Send a folder that 'prepare' wrote to S3, with checksums. What is there already, with the same size and checksum, is "
        "not sent again: after a break the same command goes on. The manifest goes last, so that a prefix that has one is whole.",
    .opts = upload_opts, .args_size = sizeof(struct upload_args), .min_args = 2, .max_args = 2, .run = upload_run,
    .examples = examples
};
