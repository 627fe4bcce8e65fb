#include "cli/report.h"

#include <math.h>

#include "base/file.h"
#include "base/str.h"
#include "base/xml.h"
#include "cli/outcome.h"
#include "fhirstage/version.h"

enum { PAGE_MAX_BYTES = 256 << 20, OUTCOME_MAX_BYTES = 64 << 20 };

/* ---- reading */

uint32_t fst_report_node(const struct fst_report *r, const char *name)
{
    return r->outcome.count ? fst_tape_member(&r->outcome, 0, name) : FST_NO_NODE;
}

double fst_report_number(const struct fst_report *r, uint32_t object, const char *name)
{
    uint32_t        node = r->outcome.count && object != FST_NO_NODE ? fst_tape_member(&r->outcome, object, name) : FST_NO_NODE;
    struct fst_view raw = fst_tape_raw(&r->outcome, node);
    char            text[64];
    if (!raw.n || fst_tape_kind(&r->outcome, node) != FST_JSON_NUMBER)
        return 0;
    snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(raw));
    return strtod(text, NULL);
}

struct fst_view fst_report_text(const struct fst_report *r, uint32_t object, const char *name, struct fst_buf *scratch)
{
    return r->outcome.count && object != FST_NO_NODE ? fst_tape_member_string(&r->outcome, object, name, scratch)
                                                     : (struct fst_view){ 0 };
}

static bool is_true(const struct fst_report *r, uint32_t object, const char *name)
{
    uint32_t node = fst_tape_member(&r->outcome, object, name);
    return node != FST_NO_NODE && fst_tape_kind(&r->outcome, node) == FST_JSON_TRUE;
}

static enum fst_status load(struct fst_report *r, const char *dir, struct fst_error *err)
{
    const struct fst_json_opts how = { .parser = FST_JSON_YAJL };
    struct fst_json_error      why;
    struct fst_buf             path;
    enum fst_status            st;
    *r = (struct fst_report){ .dir = dir };
    fst_buf_init(&r->text, OUTCOME_MAX_BYTES);
    fst_buf_init(&path, 1 << 16);
    st = fst_figures_load(&r->figures, dir, err);
    fst_path_join(&path, dir, FST_OUTCOME_FILE);
    if (!st && fst_file_exists(fst_buf_str(&path))) {
        st = fst_file_read(&r->text, fst_buf_str(&path), err);
        if (!st && fst_json_parse(&r->outcome, fst_buf_view(&r->text), &how, &why))
            st = fst_fail(err, FST_EPARSE, "%s:%u: %s", fst_buf_str(&path), why.line, why.what);
    }
    fst_buf_clear(&path);
    return st;
}

static void clear(struct fst_report *r)
{
    fst_tape_clear(&r->outcome);
    fst_buf_clear(&r->text);
}

/* ---- writing */

static uint64_t skipped_of(const struct fst_figures *f)
{
    uint64_t n = 0;
    for (int i = 0; i < FST_SKIP_COUNT; i++)
        n += f->skipped[i];
    return n;
}

static bool differs(const struct fst_report *r)
{
    uint32_t list = fst_report_node(r, "Reconciled");
    if (list != FST_NO_NODE)
        FST_EACH_ELEMENT(&r->outcome, list, node)
            if (is_true(r, node, "Differs"))
                return true;
    return false;
}

static void add_verdict(struct fst_buf *out, const struct fst_report *r, struct fst_buf *scratch)
{
    struct fst_view status = fst_report_text(r, 0, "JobStatus", scratch);
    int             code = (int)fst_report_number(r, 0, "ExitCode");
    if (fst_view_is(status, "FAILED") || code == 1 || code == 4)
        fst_buf_add_str(out, "<span class=\"pill bad\">failed</span>");
    else if (code == 5)
        fst_buf_add_str(out, "<span class=\"pill warn\">the job goes on</span>");
    else if (differs(r) || r->figures.quarantined || fst_report_number(r, 0, "Failures") > 0)
        fst_buf_add_str(out, "<span class=\"pill warn\">done, not all accepted</span>");
    else
        fst_buf_addf(out, "<span class=\"pill good\">%s</span>", status.n ? "everything imported" : "everything prepared");
}

static void add_header(struct fst_buf *out, const struct fst_report *r, struct fst_buf *scratch)
{
    const char     *base = strrchr(r->dir, '/');
    struct fst_view command = fst_report_text(r, 0, "Command", scratch);
    fst_buf_addf(out, "<header><h1>%s ", fst_view_is(command, "run") ? "FHIR import:" : "FHIR preparation:");
    fst_xml_add_text(out, fst_view_of(base && base[1] ? base + 1 : r->dir));
    fst_buf_add_str(out, "</h1>");
    add_verdict(out, r, scratch);
    fst_buf_add_str(out, "<p class=\"sub muted\">");
    fst_xml_add_text(out, fst_report_text(r, 0, "Begun", scratch));
    fst_buf_add_str(out, r->outcome.count ? " · fhirstage " : "fhirstage ");
    fst_buf_add_str(out, FST_VERSION "</p></header>\n");
}

static void tile_begin(struct fst_buf *out)
{
    fst_buf_add_str(out, "<div class=\"tile\"><b>");
}

static void tile_end(struct fst_buf *out, const char *what)
{
    fst_buf_addf(out, "</b><span>%s</span></div>\n", what);
}

static void add_count_tile(struct fst_buf *out, uint64_t n, const char *what)
{
    tile_begin(out);
    fst_add_count(out, n);
    tile_end(out, what);
}

static void add_tiles(struct fst_buf *out, const struct fst_report *r)
{
    const struct fst_figures *f = &r->figures;
    double                    seconds = fst_report_number(r, 0, "Seconds");
    fst_buf_add_str(out, "<section class=\"tiles\">\n");
    add_count_tile(out, f->resources, "resources staged");
    add_count_tile(out, f->type_count, f->type_count == 1 ? "resource type" : "resource types");
    tile_begin(out);
    fst_add_size(out, f->bytes);
    tile_end(out, "to be imported");
    add_count_tile(out, f->files, f->files == 1 ? "file" : "files");
    add_count_tile(out, f->quarantined + (uint64_t)fst_report_number(r, 0, "Failures"), "rejected");
    if (seconds > 0) {
        tile_begin(out);
        fst_add_duration(out, (int64_t)(seconds * 1000));
        tile_end(out, "from start to end");
    }
    fst_buf_add_str(out, "</section>\n");
}

static void add_share(struct fst_buf *out, uint64_t n, uint64_t all, const char *class)
{
    if (n)
        fst_buf_addf(out, "<i class=\"%s\" style=\"width:%.2f%%\"></i>", class, (double)n * 100 / (double)all);
}

static void add_key(struct fst_buf *out, uint64_t n, const char *class, const char *what)
{
    if (!n)
        return;
    fst_buf_addf(out, "<li><i class=\"%s\"></i><span><b>", class);
    fst_add_count(out, n);
    fst_buf_addf(out, "</b> %s</span></li>\n", what);
}

/* Every value of the input, and what became of it. */
static void add_fates(struct fst_buf *out, const struct fst_report *r)
{
    const struct fst_figures *f = &r->figures;
    if (!f->values)
        return;
    fst_buf_add_str(out, "<section><h2>What became of the input</h2>\n<p class=\"muted\">");
    fst_add_count(out, f->values);
    fst_buf_add_str(out, f->values == 1 ? " value in " : " values in ");
    fst_add_count(out, f->sources);
    fst_buf_add_str(out, f->sources == 1 ? " file, " : " files, ");
    fst_add_size(out, f->input_bytes);
    fst_buf_add_str(out, "</p>\n<div class=\"stack\">");
    add_share(out, f->resources, f->values, "c1");
    add_share(out, f->quarantined, f->values, "c2");
    add_share(out, skipped_of(f), f->values, "c3");
    fst_buf_add_str(out, "</div>\n<ul class=\"key\">\n");
    add_key(out, f->resources, "c1", "staged");
    add_key(out, f->quarantined, "c2", "rejected");
    for (int i = 0; i < FST_SKIP_COUNT; i++) {
        char what[200];
        snprintf(what, sizeof what, "left out: %s", fst_skip_text((enum fst_skip)i));
        add_key(out, f->skipped[i], "c3", what);
    }
    fst_buf_add_str(out, "</ul>\n");
    if (f->unresolved) {
        fst_buf_add_str(out, "<p>");
        fst_add_count(out, f->unresolved);
        fst_buf_add_str(out, " references point at nothing in this input.</p>\n");
    }
    if (f->sources_without_fhir + f->sources_unread) {
        fst_buf_add_str(out, "<p>");
        fst_add_count(out, f->sources_without_fhir);
        fst_buf_add_str(out, " of the files had no FHIR in them, ");
        fst_add_count(out, f->sources_unread);
        fst_buf_add_str(out, " could not be read.</p>\n");
    }
    fst_buf_add_str(out, "</section>\n");
}

static int by_resources(const void *x, const void *y)
{
    const struct fst_type_figures *a = x, *b = y;
    if (a->resources != b->resources)
        return a->resources < b->resources ? 1 : -1;
    return strcmp(a->type, b->type);
}

static void add_types(struct fst_buf *out, const struct fst_figures *figures)
{
    struct fst_figures f = *figures;
    if (!f.type_count)
        return;
    qsort(f.types, f.type_count, sizeof *f.types, by_resources);
    fst_buf_add_str(out, "<section><h2>Resources by type</h2>\n<div class=\"bars\">\n");
    for (size_t i = 0; i < f.type_count; i++) {
        fst_buf_addf(out, "<div class=\"row\"><span>%s</span><span class=\"bar\"><i style=\"width:%.2f%%\"></i></span><span class=\"n\">",
                     f.types[i].type, (double)f.types[i].resources * 100 / (double)f.types[0].resources);
        fst_add_count(out, f.types[i].resources);
        fst_buf_add_str(out, "</span><span class=\"n muted\">");
        fst_add_size(out, f.types[i].bytes);
        fst_buf_add_str(out, "</span></div>\n");
    }
    fst_buf_add_str(out, "</div></section>\n");
}

/* A count, or megabytes with their decimals. */
static void add_figure(struct fst_buf *out, double n)
{
    if (n == floor(n))
        fst_add_count(out, (uint64_t)n);
    else
        fst_buf_addf(out, "%.6f", n);
}

/* "TotalNumberOfFiles" may break before a capital, for narrow screens. */
static void add_breakable(struct fst_buf *out, struct fst_view name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (i && name.p[i] >= 'A' && name.p[i] <= 'Z' && name.p[i - 1] >= 'a')
            fst_buf_add_str(out, "<wbr>");
        fst_xml_add_text(out, fst_view_n(name.p + i, 1));
    }
}

static void add_reconciled(struct fst_buf *out, const struct fst_report *r, struct fst_buf *scratch)
{
    uint32_t list = fst_report_node(r, "Reconciled");
    if (list == FST_NO_NODE || fst_tape_first(&r->outcome, list) == FST_NO_NODE)
        return;
    fst_buf_add_str(out, "<section><h2>Our figures and the job's report</h2>\n<table class=\"rec\"><thead><tr><th>figure</th>"
                         "<th class=\"n\">ours</th><th class=\"n\">the job's</th><th></th></tr></thead><tbody>\n");
    FST_EACH_ELEMENT(&r->outcome, list, node) {
        bool told = fst_tape_member(&r->outcome, node, "Theirs") != FST_NO_NODE, other = is_true(r, node, "Differs");
        fst_buf_add_str(out, "<tr><td>");
        add_breakable(out, fst_report_text(r, node, "Field", scratch));
        fst_buf_add_str(out, "</td><td class=\"n\" data-of=\"ours\">");
        add_figure(out, fst_report_number(r, node, "Ours"));
        fst_buf_add_str(out, "</td><td class=\"n\" data-of=\"the job's\">");
        if (told)
            add_figure(out, fst_report_number(r, node, "Theirs"));
        fst_buf_addf(out, "</td><td><span class=\"pill %s\">%s</span></td></tr>\n", other ? "bad" : told ? "good" : "warn",
                     other ? "differs" : told ? "equal" : "not reported");
    }
    fst_buf_add_str(out, "</tbody></table></section>\n");
}

/* The texts that are there, one below the other. */
static void add_cell(struct fst_buf *out, const struct fst_report *r, uint32_t job, const char *const *names, struct fst_buf *scratch)
{
    fst_buf_add_str(out, "<td>");
    for (bool first = true; *names; names++) {
        struct fst_view text = fst_report_text(r, job, *names, scratch);
        if (!text.n)
            continue;
        fst_buf_add_str(out, first ? "<code>" : "<br><code>");
        fst_xml_add_text(out, text);
        fst_buf_add_str(out, "</code>");
        first = false;
    }
    fst_buf_add_str(out, "</td>");
}

/* Where it took several import jobs: each of them. */
static void add_jobs(struct fst_buf *out, const struct fst_report *r, struct fst_buf *scratch)
{
    static const char *const which[] = { "Input", "JobId", NULL }, *const how[] = { "JobStatus", "Message", "OutputUri", NULL };
    static const struct { const char *member, *what; } counts[] = {
        { "Files", " files, " }, { "Resources", " resources, " }, { "Failures", " refused" },
    };
    uint32_t list = fst_report_node(r, "Jobs");
    if (list == FST_NO_NODE)
        return;
    fst_buf_add_str(out, "<section><h2>The import jobs</h2>\n<table class=\"rows\"><thead><tr><th>job</th><th>what became of it</th>"
                         "<th class=\"n\"></th></tr></thead><tbody>\n");
    FST_EACH_ELEMENT(&r->outcome, list, job) {
        fst_buf_add_str(out, "<tr>");
        add_cell(out, r, job, which, scratch);
        add_cell(out, r, job, how, scratch);
        fst_buf_add_str(out, "<td class=\"n\">");
        for (size_t i = 0; i < FST_COUNT(counts); i++) {
            fst_add_count(out, (uint64_t)fst_report_number(r, job, counts[i].member));
            fst_buf_add_str(out, counts[i].what);
        }
        fst_buf_add_str(out, "</td></tr>\n");
    }
    fst_buf_add_str(out, "</tbody></table></section>\n");
}

static void add_job(struct fst_buf *out, const struct fst_report *r, struct fst_buf *scratch)
{
    static const struct { const char *member, *label; } rows[] = {
        { "JobStatus", "Import job" }, { "JobId", "Job id" }, { "Message", "Message" }, { "DatastoreId", "Data store" },
        { "DatastoreEndpoint", "Endpoint" }, { "OutputUri", "The job's logs" },
    };
    uint32_t upload = fst_report_node(r, "Upload");
    if (upload == FST_NO_NODE)
        return;
    fst_buf_add_str(out, "<section><h2>Upload and import</h2>\n<dl>\n<dt>Sent</dt><dd>");
    fst_add_count(out, (uint64_t)fst_report_number(r, upload, "FilesSent"));
    fst_buf_add_str(out, " files, ");
    fst_add_size(out, (uint64_t)fst_report_number(r, upload, "BytesSent"));
    fst_buf_add_str(out, "; there already: ");
    fst_add_count(out, (uint64_t)fst_report_number(r, upload, "FilesKept"));
    fst_buf_add_str(out, "</dd>\n");
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_view text = fst_report_text(r, 0, rows[i].member, scratch);
        if (!text.n)
            continue;
        fst_buf_addf(out, "<dt>%s</dt><dd><code>", rows[i].label);
        fst_xml_add_text(out, text);
        fst_buf_add_str(out, "</code></dd>\n");
    }
    fst_buf_add_str(out, "</dl></section>\n");
}

static enum fst_status add_page(struct fst_buf *out, const struct fst_report *r, struct fst_error *err)
{
    struct fst_buf  scratch;
    enum fst_status st;
    fst_buf_init(&scratch, 1 << 20);
    fst_buf_add_str(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
                         "<meta name=\"generator\" content=\"fhirstage " FST_VERSION "\">\n<title>fhirstage report</title>\n<style>\n");
    fst_buf_add_str(out, fst_report_style);
    fst_buf_add_str(out, "</style></head><body><main>\n");
    add_header(out, r, &scratch);
    add_tiles(out, r);
    add_reconciled(out, r, &scratch);
    add_fates(out, r);
    add_types(out, &r->figures);
    fst_report_add_trace(out, r);
    add_job(out, r, &scratch);
    add_jobs(out, r, &scratch);
    st = fst_report_add_rejected(out, r, err);
    fst_buf_add_str(out, "</main></body></html>\n");
    fst_buf_clear(&scratch);
    return st ? st : fst_buf_check(out, err);
}

enum fst_status fst_report_write(const char *dir, const char *path, struct fst_error *err)
{
    struct fst_report r;
    struct fst_buf    out;
    enum fst_status   st = load(&r, dir, err);
    fst_buf_init(&out, PAGE_MAX_BYTES);
    if (!st)
        st = add_page(&out, &r, err);
    if (!st)
        st = fst_file_replace(path, fst_buf_view(&out), err);
    fst_buf_clear(&out);
    clear(&r);
    return st;
}
