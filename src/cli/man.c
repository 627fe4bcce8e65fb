/* The man pages and docs/commands.md: the same tables as the help, in troff and in Markdown. */
#include "cli/help.h"
#include "cli/options.h"
#include "fhirstage/version.h"

/* ---- troff */

/* Text in which troff sees no requests: '\' and '-' escaped, and no line that begins with '.' or '\''. */
static void add_roff(struct fst_buf *out, const char *text)
{
    for (bool begin = true; *text; text++) {
        if (begin && (*text == '.' || *text == '\''))
            fst_buf_add_str(out, "\\&");
        if (*text == '\\')
            fst_buf_add_str(out, "\\e");
        else if (*text == '-')
            fst_buf_add_str(out, "\\-");
        else if (text[0] == '\n' && text[1] == '\n')
            fst_buf_add_str(out, "\n.PP");
        else
            fst_buf_add_char(out, *text);
        begin = *text == '\n';
    }
}

static void add_roff_options(struct fst_buf *out, const struct fst_opt *opts)
{
    struct fst_buf name;
    fst_buf_init(&name, 1 << 12);
    for (; opts && opts->name; opts++) {
        if (opts->kind == FST_OPT_HEADING) {
            fst_buf_addf(out, ".SS %s\n", opts->name);
            continue;
        }
        fst_buf_reset(&name);
        if (opts->letter)
            fst_buf_addf(&name, "-%c, ", opts->letter);
        fst_opt_add_synopsis(&name, opts);
        fst_buf_add_str(out, ".TP\n\\fB");
        add_roff(out, fst_buf_str(&name));
        fst_buf_add_str(out, "\\fR\n");
        add_roff(out, opts->help);
        fst_buf_add_char(out, '\n');
    }
    fst_buf_clear(&name);
}

static void add_roff_commands(struct fst_buf *out, const struct fst_cmd *const *list)
{
    fst_buf_add_str(out, ".SH COMMANDS\n");
    for (; *list; list++)
        if (!(*list)->hidden) {
            fst_buf_addf(out, ".TP\n\\fB%s\\fR\n", (*list)->name);
            add_roff(out, (*list)->summary);
            fst_buf_add_char(out, '\n');
        }
}

/* "import start" -> "fhirstage-import-start" */
static void add_page_name(struct fst_buf *out, const struct fst_command_path *path)
{
    fst_buf_addf(out, "fhirstage%s", path->cmd ? "-" : "");
    for (const char *p = path->name; *p; p++)
        fst_buf_add_char(out, *p == ' ' ? '-' : *p);
}

static void add_roff_exit_codes(struct fst_buf *out)
{
    fst_buf_add_str(out, ".SH EXIT STATUS\n");
    for (const struct fst_exit_code *c = fst_exit_codes; c->meaning; c++) {
        fst_buf_addf(out, ".TP\n%d\n", c->code);
        add_roff(out, c->meaning);
        fst_buf_add_char(out, '\n');
    }
}

void fst_man_add(struct fst_buf *out, const struct fst_command_path *path)
{
    const struct fst_cmd *cmd = path->cmd;
    struct fst_buf        usage;
    fst_buf_init(&usage, 1 << 12);
    fst_usage_add(&usage, path);
    fst_buf_add_str(out, ".TH \"");
    add_page_name(out, path);
    fst_buf_add_str(out, "\" 1 \"\" \"fhirstage " FST_VERSION "\" \"fhirstage\"\n.SH NAME\n");
    add_page_name(out, path);
    fst_buf_add_str(out, " \\- ");
    add_roff(out, cmd ? cmd->summary : FST_HELP_ABOUT);
    fst_buf_add_str(out, "\n.SH SYNOPSIS\n.nf\n");
    add_roff(out, fst_buf_str(&usage));
    fst_buf_add_str(out, "\n.fi\n");
    if (cmd && cmd->description) {
        fst_buf_add_str(out, ".SH DESCRIPTION\n");
        add_roff(out, cmd->description);
        fst_buf_add_char(out, '\n');
    }
    if (!cmd || cmd->subs)
        add_roff_commands(out, cmd ? cmd->subs : fst_commands);
    fst_buf_add_str(out, ".SH OPTIONS\n");
    add_roff_options(out, cmd ? cmd->opts : NULL);
    fst_buf_add_str(out, cmd ? ".SS Options of every command\n" : "");
    add_roff_options(out, fst_global_opts);
    for (const struct fst_example *e = cmd ? cmd->examples : NULL; e && e->line; e++) {
        fst_buf_add_str(out, e == cmd->examples ? ".SH EXAMPLES\n.TP\n" : ".TP\n");
        add_roff(out, e->what);
        fst_buf_add_str(out, "\n\\fB");
        add_roff(out, e->line);
        fst_buf_add_str(out, "\\fR\n");
    }
    add_roff_exit_codes(out);
    fst_buf_clear(&usage);
}

/* ---- Markdown */

static void add_markdown_options(struct fst_buf *out, const struct fst_opt *opts)
{
    struct fst_buf name;
    bool           table = false;
    fst_buf_init(&name, 1 << 12);
    for (; opts && opts->name; opts++) {
        if (opts->kind == FST_OPT_HEADING) {
            fst_buf_addf(out, "\n*%s*\n", opts->name);
            table = false;
            continue;
        }
        if (!table)
            fst_buf_add_str(out, "\n| option | |\n| --- | --- |\n");
        table = true;
        fst_buf_reset(&name);
        fst_opt_add_synopsis(&name, opts);
        fst_buf_add_str(out, "| ");
        if (opts->letter)
            fst_buf_addf(out, "`-%c`, ", opts->letter);
        fst_buf_add_char(out, '`');
        for (const char *p = fst_buf_str(&name); *p; p++) { /* a bar ends the cell, even in code */
            fst_buf_add_str(out, *p == '|' ? "\\" : "");
            fst_buf_add_char(out, *p);
        }
        fst_buf_addf(out, "` | %s |\n", opts->help);
    }
    fst_buf_clear(&name);
}

void fst_reference_add(struct fst_buf *out, const struct fst_command_path *path)
{
    const struct fst_cmd *cmd = path->cmd;
    if (!cmd) {
        fst_buf_add_str(out, "# Every command and option\n\nWritten by `make reference` from the tables in `src/cli/`: change "
                             "it there. What the commands promise is in [cli.md](cli.md).\n\n## Options of every command\n");
        add_markdown_options(out, fst_global_opts);
        return;
    }
    fst_buf_addf(out, "\n## %s\n\n```\n", path->name);
    fst_usage_add(out, path);
    fst_buf_add_str(out, "\n```\n\n");
    fst_description_add(out, cmd);
    fst_buf_add_char(out, '\n');
    add_markdown_options(out, cmd->opts);
    for (const struct fst_example *e = cmd->examples; e && e->line; e++)
        fst_buf_addf(out, "%s# %s\n%s\n%s", e == cmd->examples ? "\n```sh\n" : "", e->what, e->line, e[1].line ? "" : "```\n");
}
