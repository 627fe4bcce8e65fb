#include "cli/findings.h"

#include "base/str.h"
#include "cli/table.h"

enum { SHOWN = 12 };

static void add_finding(struct fst_table *t, const struct fst_finding *f)
{
    struct fst_buf text;

    fst_buf_init(&text, 1 << 20);
    fst_table_add_count(t, f->count);
    fst_buf_addf(&text, "× %s (%s%s)", f->text, f->severity < FST_SEVERITY_ERROR ? "warning, " : "", f->rule);
    fst_table_add(t, fst_buf_str(&text));
    fst_table_add(t, "");
    fst_buf_reset(&text);
    fst_buf_addf(&text, "  first at %s", f->where);
    fst_table_add(t, fst_buf_str(&text));
    fst_buf_clear(&text);
}

void fst_findings_add_text(struct fst_buf *out, struct fst_findings *f, const char *all)
{
    size_t                    count, shown;
    const struct fst_finding *rows = fst_findings_sorted(f, &count);
    uint64_t                  others = fst_findings_others(f);
    struct fst_table          t;

    if (!count)
        return;
    fst_table_init(&t, "rl");
    shown = count < SHOWN ? count : SHOWN;
    for (size_t i = 0; i < shown; i++)
        add_finding(&t, &rows[i]);
    fst_table_write(&t, out, 0);
    fst_table_clear(&t);
    for (size_t i = shown; i < count; i++)
        others += rows[i].count;
    if (others) {
        fst_buf_add_str(out, "… and ");
        fst_add_count(out, others);
        fst_buf_addf(out, " more: %s\n", all);
    }
}

enum fst_status fst_findings_print(struct fst_findings *f, const char *all, struct fst_error *err)
{
    struct fst_buf  out;
    enum fst_status st;

    fst_buf_init(&out, 1 << 20);
    fst_buf_add_char(&out, '\n');
    fst_findings_add_text(&out, f, all);
    if (out.len == 1)
        fst_buf_reset(&out);
    st = fst_buf_check(&out, err);
    fputs(fst_buf_str(&out), stdout);
    fflush(stdout); /* what follows on standard error comes behind it */
    fst_buf_clear(&out);
    return st;
}
