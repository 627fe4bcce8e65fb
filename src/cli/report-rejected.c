/* The report's lists of what was rejected: by us (quarantine/) and by the import job (failures.ndjson). The first are
 * shown, all are counted by rule. */
#include <errno.h>

#include "base/file.h"
#include "base/str.h"
#include "base/xml.h"
#include "cli/report.h"
#include "cli/tally.h"

enum { SHOWN = 200, RULES = 12, LINE_MAX_BYTES = 1 << 26 };

struct rejected {
    struct fst_buf   rows; /* <tr>s of the first */
    uint64_t         count, shown;
    struct fst_tape  tape;
    struct fst_buf   scratch;
    struct fst_tally rules;
    char           **names; /* of the rules, owned: the tally borrows them */
    size_t           name_count;
};

static void rejected_clear(struct rejected *j)
{
    fst_buf_clear(&j->rows);
    fst_buf_clear(&j->scratch);
    fst_tape_clear(&j->tape);
    fst_tally_clear(&j->rules);
    for (size_t i = 0; i < j->name_count; i++)
        free(j->names[i]);
    free(j->names);
}

static struct fst_view text_of(struct rejected *j, uint32_t object, const char *name)
{
    return fst_tape_member_string(&j->tape, object, name, &j->scratch);
}

static void add_cell(struct rejected *j, uint32_t object, const char *name)
{
    fst_xml_add_text(&j->rows, text_of(j, object, name));
}

static uint32_t first_of(const struct rejected *j, uint32_t array)
{
    return array == FST_NO_NODE ? FST_NO_NODE : fst_tape_first(&j->tape, array);
}

static struct fst_view number_of(const struct rejected *j, uint32_t object, const char *name)
{
    return fst_tape_raw(&j->tape, fst_tape_member(&j->tape, object, name));
}

/* "file:12" or "file#entry[3]". */
static void add_place(struct rejected *j, const char *file, const char *line)
{
    struct fst_view entry = number_of(j, 0, "entry");
    fst_buf_add_str(&j->rows, "<td><code>");
    add_cell(j, 0, file);
    if (entry.n && *entry.p != '-' && *entry.p != 'n')
        fst_buf_addf(&j->rows, "#entry[%.*s]", FST_VIEW_ARGS(entry));
    else if (number_of(j, 0, line).n)
        fst_buf_addf(&j->rows, ":%.*s", FST_VIEW_ARGS(number_of(j, 0, line)));
    fst_buf_add_str(&j->rows, "</code></td>");
}

static enum fst_status count_rule(struct rejected *j, struct fst_view rule, struct fst_error *err)
{
    char **grown, *name;
    for (size_t i = 0; i < j->name_count; i++)
        if (fst_view_is(rule, j->names[i]))
            return fst_tally_add(&j->rules, j->names[i], 1, 1, err);
    grown = realloc(j->names, (j->name_count + 1) * sizeof *grown);
    j->names = grown ? grown : j->names;
    name = grown ? strndup(rule.n ? rule.p : "", rule.n) : NULL;
    if (!name)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    j->names[j->name_count++] = name;
    return fst_tally_add(&j->rules, name, 1, 1, err);
}

/* A line of quarantine/….issues.ndjson. */
static enum fst_status add_quarantined(struct rejected *j, struct fst_error *err)
{
    uint32_t        issue = first_of(j, fst_tape_member(&j->tape, 0, "issues"));
    enum fst_status st = issue == FST_NO_NODE ? FST_OK : count_rule(j, text_of(j, issue, "rule"), err);
    if (st || j->shown == SHOWN)
        return st;
    j->shown++;
    fst_buf_add_str(&j->rows, "<tr>");
    add_place(j, "file", "line");
    fst_buf_add_str(&j->rows, "<td>");
    if (issue != FST_NO_NODE) {
        add_cell(j, issue, "expression");
        fst_buf_add_str(&j->rows, text_of(j, issue, "expression").n ? ": " : "");
        add_cell(j, issue, "diagnostics");
        fst_buf_add_str(&j->rows, " <span class=\"muted\">");
        add_cell(j, issue, "rule");
        fst_buf_add_str(&j->rows, "</span>");
    }
    fst_buf_add_str(&j->rows, "</td></tr>\n");
    return FST_OK;
}

/* A line of failures.ndjson. */
static enum fst_status add_failure(struct rejected *j, struct fst_error *err)
{
    enum fst_status st = count_rule(j, text_of(j, 0, "code"), err);
    if (st || j->shown == SHOWN)
        return st;
    j->shown++;
    fst_buf_add_str(&j->rows, "<tr>");
    add_place(j, text_of(j, 0, "file").n ? "file" : "chunk", text_of(j, 0, "file").n ? "line" : "chunkLine");
    fst_buf_add_str(&j->rows, "<td>");
    add_cell(j, 0, "location");
    fst_buf_add_str(&j->rows, text_of(j, 0, "location").n ? ": " : "");
    add_cell(j, 0, "diagnostics");
    fst_buf_add_str(&j->rows, "</td></tr>\n");
    return FST_OK;
}

typedef enum fst_status add_fn(struct rejected *j, struct fst_error *err);

static enum fst_status read_lines(struct rejected *j, const char *path, add_fn *add, struct fst_error *err)
{
    const struct fst_json_opts how = { .parser = FST_JSON_YAJL };
    struct fst_json_error      why;
    enum fst_status            st = FST_OK;
    char                      *line = NULL;
    size_t                     cap = 0;
    ssize_t                    n;
    FILE                      *f = fopen(path, "re");
    if (!f)
        return errno == ENOENT ? FST_OK : fst_fail_errno(err, "%s", path);
    while (!st && (n = getline(&line, &cap, f)) > 0) {
        j->count++;
        if (fst_json_parse(&j->tape, fst_view_n(line, (size_t)n), &how, &why) == FST_OK && fst_tape_kind(&j->tape, 0) == FST_JSON_OBJECT)
            st = add(j, err);
    }
    free(line);
    fclose(f);
    return st;
}

/* An fst_file_fn. */
static enum fst_status read_quarantine_file(void *ctx, const char *path, const char *rel, uint64_t bytes, struct fst_error *err)
{
    static const char tail[] = ".issues.ndjson";
    size_t            n = strlen(rel);
    if (n < sizeof tail || strcmp(rel + n - (sizeof tail - 1), tail))
        return FST_OK;
    return read_lines(ctx, path, add_quarantined, err);
}

static void add_rules(struct fst_buf *out, struct rejected *j)
{
    fst_tally_sort(&j->rules);
    fst_buf_add_str(out, "<p class=\"muted\">");
    for (size_t i = 0; i < j->rules.count && i < RULES; i++) {
        fst_buf_add_str(out, i ? " · " : "");
        fst_xml_add_text(out, fst_view_of(j->rules.rows[i].name));
        fst_buf_add_char(out, ' ');
        fst_add_count(out, j->rules.rows[i].n);
    }
    fst_buf_add_str(out, j->rules.count > RULES ? " · …</p>\n" : "</p>\n");
}

static void add_section(struct fst_buf *out, struct rejected *j, const char *title, const char *rest)
{
    if (!j->count)
        return;
    fst_buf_addf(out, "<section><h2>%s: ", title);
    fst_add_count(out, j->count);
    fst_buf_add_str(out, "</h2>\n");
    add_rules(out, j);
    fst_buf_add_str(out, "<table class=\"rows\"><thead><tr><th>where it came from</th><th>what is wrong</th></tr></thead><tbody>\n");
    fst_buf_add_view(out, fst_buf_view(&j->rows));
    fst_buf_add_str(out, "</tbody></table>\n");
    if (j->count > j->shown) {
        fst_buf_add_str(out, "<p class=\"muted\">and ");
        fst_add_count(out, j->count - j->shown);
        fst_buf_addf(out, " more: %s</p>\n", rest);
    }
    fst_buf_add_str(out, "</section>\n");
}

static void rejected_init(struct rejected *j)
{
    *j = (struct rejected){ 0 };
    fst_buf_init(&j->rows, LINE_MAX_BYTES);
    fst_buf_init(&j->scratch, LINE_MAX_BYTES);
}

enum fst_status fst_report_add_rejected(struct fst_buf *out, const struct fst_report *r, struct fst_error *err)
{
    struct rejected j;
    struct fst_buf  path;
    enum fst_status st = FST_OK;
    fst_buf_init(&path, 1 << 16);
    rejected_init(&j);
    if (fst_file_is_dir(fst_path_join(&path, r->dir, "quarantine")))
        st = fst_file_walk(fst_buf_str(&path), read_quarantine_file, &j, err);
    if (!st)
        add_section(out, &j, "Rejected before anything was sent", "see the folder's quarantine/");
    rejected_clear(&j);
    rejected_init(&j);
    if (!st)
        st = read_lines(&j, fst_path_join(&path, r->dir, "failures.ndjson"), add_failure, err);
    if (!st)
        add_section(out, &j, "Refused by the import job", "see the folder's failures.ndjson");
    rejected_clear(&j);
    fst_buf_clear(&path);
    return st;
}
