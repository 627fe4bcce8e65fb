#include "pipeline/ask.h"

#include "json/writer.h"

void fst_ask_of_datastore(struct fst_buf *out, const char *datastore_id, const char *member, const char *value)
{
    struct fst_json_writer w;

    fst_buf_reset(out);
    fst_json_writer_init(&w, out, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "DatastoreId", datastore_id);
    if (member)
        fst_json_member_str(&w, member, value);
    fst_json_end_object(&w);
}
