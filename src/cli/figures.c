#include "cli/figures.h"

#include <inttypes.h>

#include "base/str.h"
#include "cli/table.h"
#include "json/writer.h"

enum { DECIMALS = 6 };
#define WORTH_TELLING_S 0.1

static void add_double(struct fst_json_writer *w, const char *name, double n)
{
    fst_json_name(w, name);
    fst_json_double(w, n, DECIMALS);
}

static void add_report(struct fst_json_writer *w, const struct fst_figures *f)
{
    fst_json_member_u64(w, "TotalNumberOfScannedFiles", f->files);
    add_double(w, "TotalSizeOfScannedFilesInMB", fst_megabytes(f->bytes));
    fst_json_member_u64(w, "TotalNumberOfImportedFiles", f->files);
    fst_json_member_u64(w, "TotalNumberOfResourcesScanned", f->resources);
    fst_json_member_u64(w, "TotalNumberOfResourcesImported", f->resources);
    fst_json_member_u64(w, "TotalNumberOfResourcesWithCustomerError", 0);
    fst_json_member_u64(w, "TotalNumberOfFilesReadWithCustomerError", 0);
}

static void add_types(struct fst_json_writer *w, const struct fst_figures *f)
{
    fst_json_name(w, "ByResourceType");
    fst_json_begin_object(w);
    for (size_t i = 0; i < f->type_count; i++) {
        fst_json_name(w, f->types[i].type);
        fst_json_begin_object(w);
        fst_json_member_u64(w, "Resources", f->types[i].resources);
        fst_json_member_u64(w, "Bytes", f->types[i].bytes);
        fst_json_end_object(w);
    }
    fst_json_end_object(w);
}

void fst_figures_add_json(struct fst_json_writer *w, const struct fst_figures *f)
{
    add_report(w, f);
    if (f->import_jobs > 1)
        fst_json_member_u64(w, "ImportJobs", f->import_jobs);
    add_types(w, f);
    fst_json_name(w, "Quarantined");
    fst_json_begin_object(w);
    if (f->quarantined)
        fst_json_member_u64(w, "invalid", f->quarantined);
    fst_json_end_object(w);
    fst_json_name(w, "Skipped");
    fst_json_begin_object(w);
    for (int i = 0; i < FST_SKIP_COUNT; i++)
        if (f->skipped[i])
            fst_json_member_u64(w, fst_skip_name((enum fst_skip)i), f->skipped[i]);
    fst_json_end_object(w);
    fst_json_name(w, "Sources");
    fst_json_begin_object(w);
    fst_json_member_u64(w, "Read", f->sources - f->sources_without_fhir - f->sources_unread);
    fst_json_member_u64(w, "WithoutFhir", f->sources_without_fhir);
    fst_json_member_u64(w, "Unreadable", f->sources_unread);
    fst_json_member_u64(w, "Bytes", f->input_bytes);
    fst_json_member_u64(w, "Values", f->values);
    fst_json_member_u64(w, "UnresolvedReferences", f->unresolved);
    fst_json_member_u64(w, "UnknownProfiles", f->unknown_profiles);
    fst_json_end_object(w);
    fst_json_name(w, "LocalThroughput");
    fst_json_double(w, f->seconds > 0 ? fst_megabytes(f->input_bytes) / f->seconds : 0, 1);
}

static void add_type_table(struct fst_buf *out, const struct fst_figures *f)
{
    struct fst_table t;
    fst_table_init(&t, "lrr");
    fst_table_add(&t, "type");
    fst_table_add(&t, "resources");
    fst_table_add(&t, "size");
    for (size_t i = 0; i < f->type_count; i++) {
        fst_table_add(&t, f->types[i].type);
        fst_table_add_count(&t, f->types[i].resources);
        fst_table_add_size(&t, f->types[i].bytes);
    }
    fst_table_add(&t, "all");
    fst_table_add_count(&t, f->resources);
    fst_table_add_size(&t, f->bytes);
    fst_table_write(&t, out, 0);
    fst_table_clear(&t);
}

static void add_line(struct fst_table *t, uint64_t n, const char *what)
{
    if (!n)
        return;
    fst_table_add_count(t, n);
    fst_table_add(t, what);
}

void fst_figures_add_text(struct fst_buf *out, const struct fst_figures *f, const char *dir)
{
    struct fst_table t;
    char             text[600];
    if (f->type_count)
        add_type_table(out, f);
    fst_buf_add_char(out, '\n');
    fst_table_init(&t, "rl");
    add_line(&t, f->sources, f->sources == 1 ? "file read" : "files read");
    add_line(&t, f->values, "values found in them, of which");
    add_line(&t, f->resources, "resources to be imported");
    add_line(&t, f->import_jobs > 1 ? f->import_jobs : 0, "import jobs, since it is more than one may hold");
    snprintf(text, sizeof text, "rejected%s%.400s%s", dir ? ": see " : "", dir ? dir : "", dir ? "/quarantine" : "");
    add_line(&t, f->quarantined, text);
    for (int i = 0; i < FST_SKIP_COUNT; i++) {
        snprintf(text, sizeof text, "left out (%s: %s)", fst_skip_name((enum fst_skip)i), fst_skip_text((enum fst_skip)i));
        add_line(&t, f->skipped[i], text);
    }
    add_line(&t, f->sources_without_fhir, "without FHIR among the files");
    add_line(&t, f->sources_unread, "of the files could not be read");
    snprintf(text, sizeof text, "%s at nothing in this input%s%.400s%s", f->unresolved == 1 ? "reference that points" : "references that point",
             dir ? ": see " : "", dir ? dir : "", dir ? "/meta/unresolved" : "");
    add_line(&t, f->unresolved, text);
    add_line(&t, f->unknown_profiles, f->unknown_profiles == 1 ? "claim in meta.profile to a profile that is not known"
                                                               : "claims in meta.profile to profiles that are not known");
    fst_table_write(&t, out, 0);
    fst_table_clear(&t);
    if (f->seconds >= WORTH_TELLING_S) {
        fst_buf_add_str(out, "\nread ");
        fst_add_size(out, f->input_bytes);
        fst_buf_add_str(out, " in ");
        fst_add_duration(out, (int64_t)(f->seconds * 1000));
        fst_buf_addf(out, " (%.0f MB/s)\n", fst_megabytes(f->input_bytes) / f->seconds);
    }
}

enum fst_status fst_figures_print(const struct fst_figures *f, bool json, const char *dir, struct fst_error *err)
{
    struct fst_json_writer w;
    struct fst_buf         out;
    enum fst_status        st;
    fst_buf_init(&out, 1 << 20);
    if (json) {
        fst_json_writer_init(&w, &out, 2);
        fst_json_begin_object(&w);
        fst_figures_add_json(&w, f);
        fst_json_end_object(&w);
        fst_buf_add_char(&out, '\n');
    } else {
        fst_figures_add_text(&out, f, dir);
    }
    fputs(fst_buf_str(&out), stdout);
    fflush(stdout); /* what follows on standard error comes behind it */
    st = fst_buf_check(&out, err);
    fst_buf_clear(&out);
    return st;
}

void fst_figures_name_unread(enum fst_status st, const struct fst_figures *f, struct fst_error *err)
{
    if (st == FST_EINPUT && f->sources_unread && !*err->text)
        (void)fst_fail(err, st, "input: %llu of %llu files could not be read", (unsigned long long)f->sources_unread,
                       (unsigned long long)f->sources);
}
