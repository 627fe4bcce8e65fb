/* man: for the build, which makes man pages and docs/commands.md with it. */
#include "base/file.h"
#include "cli/help.h"

struct man_args {
    const char *dir;
};

static const struct fst_opt man_opts[] = {
    { 0, "dir", FST_OPT_STRING, offsetof(struct man_args, dir), "DIR",
      "write a man page for every command into DIR (default: docs/commands.md to standard output)" },
    { 0 }
};

struct pages {
    const char       *dir;
    struct fst_buf    out;
    struct fst_error *err;
    enum fst_status   st;
};

static void write_page(void *ctx, const struct fst_command_path *path)
{
    struct pages  *p = ctx;
    struct fst_buf file;
    if (p->st)
        return;
    fst_buf_init(&file, 4096);
    fst_buf_addf(&file, "%s/fhirstage%s", p->dir, path->cmd ? "-" : "");
    for (const char *c = path->name; *c; c++)
        fst_buf_add_char(&file, *c == ' ' ? '-' : *c);
    fst_buf_add_str(&file, ".1");
    fst_buf_reset(&p->out);
    fst_man_add(&p->out, path);
    p->st = fst_buf_check(&p->out, p->err);
    if (!p->st)
        p->st = fst_file_replace(fst_buf_str(&file), fst_buf_view(&p->out), p->err);
    fst_buf_clear(&file);
}

static void add_section(void *ctx, const struct fst_command_path *path)
{
    fst_reference_add(&((struct pages *)ctx)->out, path);
}

static enum fst_status man_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count, struct fst_error *err)
{
    const struct man_args        *a = args;
    struct pages                  p = { .dir = a->dir, .err = err };
    const struct fst_command_path top = { 0 };
    fst_buf_init(&p.out, 1 << 22);
    if (a->dir) {
        p.st = fst_file_mkdirs(a->dir, err);
        write_page(&p, &top);
        fst_commands_each(write_page, &p);
    } else {
        add_section(&p, &top);
        fst_commands_each(add_section, &p);
        p.st = fst_buf_check(&p.out, err);
        fputs(fst_buf_str(&p.out), stdout);
    }
    fst_buf_clear(&p.out);
    return p.st;
}

const struct fst_cmd fst_cmd_man = { .name = "man", .summary = "write the man pages", .opts = man_opts,
                                     .args_size = sizeof(struct man_args), .run = man_run, .hidden = true };
