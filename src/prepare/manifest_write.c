#include "prepare/manifest.h"

#include "fhirstage/profiles.h"
#include "json/writer.h"

enum { BUFFER = 64 * 1024, MAX = 1 << 30, FORMAT = 1 };

static const char *const levels[] = { "strict", "structure-only", "minimal" };
static const char *const bundles[] = { "default", "split", "keep" };
static const char *const ids[] = { "keep", "scope" };
static const char *const duplicates[] = { "first", "keep", "fail" };
static const char *const unresolved[] = { "keep", "quarantine", "fail" };
static const char *const unknown_profiles[] = { "warn", "strip", "reject" };

/* The options that shape what is written, and no others. */
static void write_options(struct fst_json_writer *w, const struct fst_prepare_opts *o, bool jobs)
{
    fst_json_name(w, "options");
    fst_json_begin_object(w);
    fst_json_member_str(w, "level", levels[o->level]);
    fst_json_member_str(w, "bundles", bundles[o->bundles]);
    fst_json_member_str(w, "ids", ids[o->ids]);
    fst_json_member_str(w, "duplicates", duplicates[o->duplicates]);
    fst_json_member_str(w, "unresolved", unresolved[o->unresolved]);
    fst_json_member_str(w, "unknownProfile", unknown_profiles[o->unknown_profile]);
    fst_json_member_str(w, "profiles", o->profiles ? fst_profiles_digest(o->profiles) : NULL);
    fst_json_member_str(w, "types", o->types);
    fst_json_member_str(w, "unsupported", o->stage_unsupported ? "stage" : "skip");
    fst_json_member_u64(w, "chunkBytes", o->chunk_bytes);
    fst_json_member_u64(w, "segmentBytes", o->segment_bytes);
    if (jobs) { /* else it is the same whatever the limits are */
        fst_json_member_u64(w, "maxJobFiles", o->max_job_files);
        fst_json_member_u64(w, "maxJobBytes", o->max_job_bytes);
    }
    fst_json_member_u64(w, "maxResourceBytes", o->max_resource_bytes);
    fst_json_end_object(w);
}

static void write_types(struct fst_json_writer *w, const struct fst_figures *f)
{
    fst_json_name(w, "types");
    fst_json_begin_object(w);
    for (size_t i = 0; i < f->type_count; i++) {
        fst_json_name(w, f->types[i].type);
        fst_json_begin_object(w);
        fst_json_member_u64(w, "resources", f->types[i].resources);
        fst_json_member_u64(w, "bytes", f->types[i].bytes);
        fst_json_end_object(w);
    }
    fst_json_end_object(w);
}

static void write_figures(struct fst_json_writer *w, const struct fst_figures *f)
{
    fst_json_name(w, "figures");
    fst_json_begin_object(w);
    fst_json_member_u64(w, "values", f->values);
    fst_json_member_u64(w, "resources", f->resources);
    fst_json_member_u64(w, "files", f->files);
    fst_json_member_u64(w, "bytes", f->bytes);
    fst_json_member_u64(w, "quarantined", f->quarantined);
    fst_json_name(w, "skipped");
    fst_json_begin_object(w);
    for (int i = 0; i < FST_SKIP_COUNT; i++)
        fst_json_member_u64(w, fst_skip_name((enum fst_skip)i), f->skipped[i]);
    fst_json_end_object(w);
    fst_json_member_u64(w, "unresolved", f->unresolved);
    fst_json_member_u64(w, "unknownProfiles", f->unknown_profiles);
    fst_json_member_u64(w, "sources", f->sources);
    fst_json_member_u64(w, "sourcesWithoutFhir", f->sources_without_fhir);
    fst_json_member_u64(w, "sourcesUnread", f->sources_unread);
    fst_json_member_u64(w, "inputBytes", f->input_bytes);
    write_types(w, f);
    fst_json_end_object(w);
}

static void write_source(struct fst_buf *out, const struct fst_manifest_source *s)
{
    struct fst_json_writer w;

    fst_json_writer_init(&w, out, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "path", s->path);
    fst_json_member_u64(&w, "bytes", s->bytes);
    fst_json_member_str(&w, "state", fst_source_state_name(s->state));
    fst_json_end_object(&w);
}

static void write_chunk(struct fst_buf *out, const struct fst_chunk *c)
{
    struct fst_json_writer w;
    char                   key[FST_CHUNK_KEY_MAX];
    uint8_t                crc[4];
    struct fst_buf         text;

    fst_chunk_key(key, c);
    for (int i = 0; i < 4; i++)
        crc[i] = (uint8_t)(c->crc32 >> (24 - 8 * i));
    fst_buf_init(&text, 16);
    fst_base64(&text, crc, sizeof crc);
    fst_json_writer_init(&w, out, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "key", key);
    fst_json_member_str(&w, "type", fst_type_name(c->type));
    fst_json_member_u64(&w, "bytes", c->bytes);
    fst_json_member_u64(&w, "resources", c->resources);
    fst_json_member_string(&w, "crc32", fst_buf_view(&text));
    fst_json_end_object(&w);
    fst_buf_clear(&text);
}

/* The head is pretty-printed by hand so that each source and chunk has a line of its own. */
static enum fst_status write_document(const struct fst_manifest_input *in, struct fst_part *p, struct fst_error *err)
{
    struct fst_json_writer w;
    enum fst_status        st = FST_OK;

    fst_json_writer_init(&w, &p->buf, 0);
    fst_json_begin_object(&w);
    fst_json_member_u64(&w, "format", FORMAT);
    write_options(&w, in->opts, in->figures->import_jobs > 1);
    write_figures(&w, in->figures);
    fst_buf_add_str(&p->buf, ",\"sources\":[");
    for (size_t i = 0; i < in->source_count && !st; i++) {
        struct fst_manifest_source source = { 0 };
        in->source(in->source_ctx, i, &source);
        fst_buf_add_str(&p->buf, i ? ",\n" : "\n");
        write_source(&p->buf, &source);
        st = fst_part_added(p, err);
    }
    fst_buf_add_str(&p->buf, "\n],\"chunks\":[");
    for (size_t i = 0; i < in->chunks->synced.count && !st; i++) {
        fst_buf_add_str(&p->buf, i ? ",\n" : "\n");
        write_chunk(&p->buf, &in->chunks->synced.items[i]);
        st = fst_part_added(p, err);
    }
    fst_buf_add_str(&p->buf, "\n]}\n");
    return st;
}

enum fst_status fst_manifest_write(const struct fst_manifest_input *in, const char *dir, struct fst_error *err)
{
    struct fst_part p;
    enum fst_status st;

    fst_part_init(&p, BUFFER, MAX);
    st = fst_part_begin(&p, dir, FST_MANIFEST_KEY, false, err);
    if (!st)
        st = write_document(in, &p, err);
    if (!st)
        st = fst_part_finish(&p, err);
    fst_part_clear(&p);
    return st;
}
