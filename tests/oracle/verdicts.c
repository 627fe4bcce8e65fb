/* verdicts — judge each line of a file, and print what `validate --verdicts` prints: for comparing with the oracle.
 *   verdicts CASES.ndjson [PROFILES...]      verdicts --time CASES.ndjson */
#include <stdio.h>

#include "base/file.h"
#include "fhir/validate.h"
#include "json/writer.h"

static void add_issue(void *ctx, const struct fst_issue *issue)
{
    struct fst_json_writer *w = ctx;
    fst_json_begin_object(w);
    fst_json_member_str(w, "severity", fst_severity_name(issue->severity));
    fst_json_member_str(w, "code", fst_issue_code_name(issue->code));
    fst_json_member_str(w, "rule", issue->rule);
    fst_json_member_string(w, "expression", issue->expression);
    fst_json_member_string(w, "diagnostics", issue->text);
    fst_json_end_object(w);
}

static void add_syntax_issue(struct fst_json_writer *w, const struct fst_json_error *jerr)
{
    struct fst_issue issue = { FST_SEVERITY_FATAL, FST_ISSUE_STRUCTURE, jerr->rule, { 0 }, fst_view_of(jerr->what), jerr->offset };
    add_issue(w, &issue);
}

static enum fst_status judge(struct fst_validator *v, struct fst_tape *tape, struct fst_view line, struct fst_json_writer *w, bool *ok)
{
    struct fst_json_error jerr;
    struct fst_verdict    verdict = { 0 };
    enum fst_status       st = fst_json_parse(tape, line, &(struct fst_json_opts){ 0 }, &jerr);
    if (st == FST_EPARSE) {
        add_syntax_issue(w, &jerr);
        st = FST_OK;
    } else if (!st)
        st = fst_validate(v, tape, 0, add_issue, w, &verdict);
    *ok = verdict.ok;
    return st;
}

static enum fst_status judge_all(struct fst_validator *v, struct fst_view text, struct fst_error *err)
{
    struct fst_tape        tape = { 0 };
    struct fst_buf         out;
    struct fst_json_writer w;
    enum fst_status        st = FST_OK;
    fst_buf_init(&out, 64 << 20);
    for (unsigned line = 1; text.n && !st; line++) {
        const char     *end = memchr(text.p, '\n', text.n);
        struct fst_view v1 = { text.p, end ? (size_t)(end - text.p) : text.n };
        bool            ok;
        text = fst_view_from(text, v1.n + 1);
        fst_buf_reset(&out);
        fst_json_writer_init(&w, &out, 0);
        fst_json_begin_object(&w);
        fst_json_member_u64(&w, "line", line);
        fst_json_name(&w, "issues");
        fst_json_begin_array(&w);
        st = judge(v, &tape, v1, &w, &ok);
        fst_json_end_array(&w);
        fst_json_member_bool(&w, "ok", ok);
        fst_json_end_object(&w);
        fst_buf_add_char(&out, '\n');
        if (!st)
            st = fst_buf_check(&out, err);
        if (!st)
            fwrite(out.p, 1, out.len, stdout);
    }
    fst_buf_clear(&out);
    fst_tape_clear(&tape);
    return st;
}

int main(int argc, char **argv)
{
    struct fst_error         err = { 0 };
    struct fst_validator    *v = NULL;
    struct fst_validate_opts opts = { .show_values = true };
    struct fst_buf           text;
    fst_buf_init(&text, SIZE_MAX / 2);
    enum fst_status st = argc > 1 ? fst_file_read(&text, argv[1], &err) : fst_fail(&err, FST_EUSAGE, "usage: verdicts CASES.ndjson");
    if (!st)
        st = fst_validator_new(&v, &opts, &err);
    if (!st)
        st = judge_all(v, fst_buf_view(&text), &err);
    fst_validator_free(v);
    fst_buf_clear(&text);
    if (st)
        fprintf(stderr, "verdicts: %s\n", err.text);
    return st ? 1 : 0;
}
