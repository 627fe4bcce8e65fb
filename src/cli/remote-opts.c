#include "cli/remote-opts.h"

const char *const fst_sse_choices[] = { "AES256", "aws:kms", "aws:kms:dsse", NULL };
const char *const fst_checksum_choices[] = { "crc32", "crc32c", "crc64nvme", "none", NULL };
const char *const fst_checksum_mode_choices[] = { "auto", "header", "trailer", NULL };
const char *const fst_payload_signing_choices[] = { "auto", "sign", "unsigned", NULL };

void fst_sending_apply(const struct fst_sending *s, struct fst_upload_opts *opts)
{
    opts->prune = s->prune;
    opts->verify = s->verify;
    opts->break_lock = s->break_lock;
    opts->storing = (struct fst_storing){
        .sse = s->sse, .sse_kms_key_id = s->sse_kms_key_id, .sse_kms_context = s->sse_kms_context, .storage_class = s->storage_class,
        .tags = s->tags.items, .tag_count = s->tags.count, .metadata = s->metadata.items, .metadata_count = s->metadata.count,
    };
    opts->checksum = (enum fst_checksum)s->checksum;
    opts->checksum_mode = (enum fst_checksum_mode)s->checksum_mode;
    opts->payload_signing = (enum fst_payload_signing)s->payload_signing;
    opts->connections = (unsigned)s->connections;
}
