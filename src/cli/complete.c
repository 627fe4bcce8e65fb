/* Shell completions, written from the tables. Each script finds which command the words before the cursor name
 * ("" at the top), and offers that command's subcommands, options and the values of its choices. */
#include "cli/help.h"
#include "cli/options.h"

/* In single quotes, for a shell. */
static void add_quoted(struct fst_buf *out, const char *text)
{
    fst_buf_add_char(out, '\'');
    for (; *text; text++)
        if (*text == '\'')
            fst_buf_add_str(out, "'\\''");
        else
            fst_buf_add_char(out, *text);
    fst_buf_add_char(out, '\'');
}

static void add_choices(struct fst_buf *out, const struct fst_opt *opt)
{
    for (const char *const *c = opt->choices; *c; c++)
        fst_buf_addf(out, "%s%s", c == opt->choices ? "" : " ", *c);
}

static const struct fst_opt *next_opt(const struct fst_opt *o)
{
    while (o && o->name && o->kind == FST_OPT_HEADING)
        o++;
    return o && o->name ? o : NULL;
}
#define EACH_OPT(o, opts) for (const struct fst_opt *o = next_opt(opts); o; o = next_opt(o + 1))

/* ---- bash */

static void bash_path(void *ctx, const struct fst_command_path *path)
{
    fst_buf_addf(ctx, "|'%s'", path->name);
}

static void bash_values(struct fst_buf *out, const char *command, const struct fst_opt *opts)
{
    EACH_OPT(o, opts) {
        if (!fst_opt_has_value(o))
            continue;
        fst_buf_addf(out, "    '%s --%s')", command, o->name);
        if (o->choices) {
            fst_buf_add_str(out, " COMPREPLY=($(compgen -W '");
            add_choices(out, o);
            fst_buf_add_str(out, "' -- \"$cur\")); return ;;\n");
        } else {
            fst_buf_add_str(out, " return ;;\n");
        }
    }
}

static void bash_command_values(void *ctx, const struct fst_command_path *path)
{
    bash_values(ctx, path->name, path->cmd->opts);
}

static void bash_words(struct fst_buf *out, const char *name, const struct fst_cmd *const *subs, const struct fst_opt *opts)
{
    fst_buf_addf(out, "    '%s')\n        commands='", name);
    for (; subs && *subs; subs++)
        if (!(*subs)->hidden)
            fst_buf_addf(out, "%s ", (*subs)->name);
    fst_buf_add_str(out, "'\n        options='");
    EACH_OPT(o, opts)
        fst_buf_addf(out, "--%s ", o->name);
    fst_buf_add_str(out, "' ;;\n");
}

static void bash_command_words(void *ctx, const struct fst_command_path *path)
{
    bash_words(ctx, path->name, path->cmd->subs, path->cmd->opts);
}

static void add_bash(struct fst_buf *out)
{
    fst_buf_add_str(out, "# bash completion for fhirstage\n_fhirstage() {\n"
                         "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                         "    local command= commands= options= i next\n"
                         "    COMPREPLY=()\n"
                         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                         "        next=\"${command:+$command }${COMP_WORDS[i]}\"\n"
                         "        case $next in ''");
    fst_commands_each(bash_path, out);
    fst_buf_add_str(out, ") command=$next ;; esac\n    done\n"
                         "    if [[ $cur == = ]]; then cur=\n"
                         "    elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
                         "    case \"$command $prev\" in\n");
    fst_commands_each(bash_command_values, out);
    bash_values(out, "'*'", fst_global_opts);
    fst_buf_add_str(out, "    esac\n    case $command in\n");
    bash_words(out, "", fst_commands, NULL);
    fst_commands_each(bash_command_words, out);
    fst_buf_add_str(out, "    esac\n    options+='");
    EACH_OPT(o, fst_global_opts)
        fst_buf_addf(out, "--%s ", o->name);
    fst_buf_add_str(out, "'\n    if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
                         "    elif [[ $commands ]]; then COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\")); fi\n"
                         "}\ncomplete -o default -F _fhirstage fhirstage\n");
}

/* ---- zsh */

/* The text of a spec's bracket or message: no bracket or colon may end it early. */
static void zsh_text(struct fst_buf *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("[]:\\", *text))
            fst_buf_add_char(out, '\\');
        if (*text == '\'')
            fst_buf_add_str(out, "'\\'");
        fst_buf_add_char(out, *text);
    }
}

static void zsh_options(struct fst_buf *out, const struct fst_opt *opts)
{
    EACH_OPT(o, opts) {
        fst_buf_addf(out, " \\\n        '%s--%s%s[", o->kind == FST_OPT_STRINGS ? "*" : "", o->name,
                     !fst_opt_has_value(o) ? "" : o->arg_optional ? "=-" : "=");
        zsh_text(out, o->help);
        fst_buf_add_char(out, ']');
        if (fst_opt_has_value(o)) {
            fst_buf_add_str(out, o->arg_optional ? "::" : ":");
            zsh_text(out, o->arg ? o->arg : o->name);
            fst_buf_add_char(out, ':');
            if (o->choices) {
                fst_buf_add_char(out, '(');
                add_choices(out, o);
                fst_buf_add_char(out, ')');
            } else {
                fst_buf_add_str(out, "_files");
            }
        }
        fst_buf_add_char(out, '\'');
    }
}

static void zsh_words(struct fst_buf *out, const char *name, const struct fst_cmd *const *subs, const struct fst_opt *opts)
{
    fst_buf_addf(out, "    ('%s')\n", name);
    if (subs)
        fst_buf_add_str(out, "        commands=(");
    for (const struct fst_cmd *const *s = subs; s && *s; s++)
        if (!(*s)->hidden) {
            fst_buf_addf(out, "\n            '%s:", (*s)->name);
            zsh_text(out, (*s)->summary);
            fst_buf_add_char(out, '\'');
        }
    if (subs)
        fst_buf_add_str(out, ")\n        [[ $words[CURRENT] != -* ]] && { _describe command commands; return }\n");
    fst_buf_add_str(out, "        _arguments");
    zsh_options(out, opts);
    zsh_options(out, fst_global_opts);
    fst_buf_add_str(out, " \\\n        '*:file:_files' ;;\n");
}

static void zsh_command_words(void *ctx, const struct fst_command_path *path)
{
    zsh_words(ctx, path->name, path->cmd->subs, path->cmd->opts);
}

static void add_zsh(struct fst_buf *out)
{
    fst_buf_add_str(out, "#compdef fhirstage\n_fhirstage() {\n    local command= next\n    local -a commands\n    integer i at=1\n"
                         "    for ((i = 2; i < CURRENT; i++)); do\n"
                         "        next=\"${command:+$command }$words[i]\"\n"
                         "        case $next in (''");
    fst_commands_each(bash_path, out);
    fst_buf_add_str(out, ") command=$next; at=$i ;; esac\n    done\n"
                         "    words=(\"${(@)words[at,-1]}\")\n    ((CURRENT -= at - 1))\n    case $command in\n");
    zsh_words(out, "", fst_commands, NULL);
    fst_commands_each(zsh_command_words, out);
    fst_buf_add_str(out, "    esac\n}\n"
                         "if [ \"$funcstack[1]\" = _fhirstage ]; then _fhirstage \"$@\"; else compdef _fhirstage fhirstage; fi\n");
}

/* ---- fish */

static void fish_options(struct fst_buf *out, const char *condition, const struct fst_opt *opts)
{
    EACH_OPT(o, opts) {
        fst_buf_addf(out, "complete -c fhirstage%s -l %s", condition, o->name);
        if (o->letter)
            fst_buf_addf(out, " -s %c", o->letter);
        fst_buf_add_str(out, " -d ");
        add_quoted(out, o->help);
        if (o->choices) {
            fst_buf_add_str(out, " -x -a '");
            add_choices(out, o);
            fst_buf_add_char(out, '\'');
        } else if (fst_opt_has_value(o) && !o->arg_optional) {
            fst_buf_add_str(out, " -r");
        }
        fst_buf_add_char(out, '\n');
    }
}

static void fish_subs(struct fst_buf *out, const char *name, const struct fst_cmd *const *subs)
{
    for (; subs && *subs; subs++)
        if (!(*subs)->hidden) {
            fst_buf_addf(out, "complete -c fhirstage -f -n '__fhirstage_at \"%s\"' -a %s -d ", name, (*subs)->name);
            add_quoted(out, (*subs)->summary);
            fst_buf_add_char(out, '\n');
        }
}

static void fish_path(void *ctx, const struct fst_command_path *path)
{
    fst_buf_addf(ctx, " '%s'", path->name);
}

static void fish_command(void *ctx, const struct fst_command_path *path)
{
    char condition[128];
    snprintf(condition, sizeof condition, " -n '__fhirstage_at \"%s\"'", path->name);
    fish_options(ctx, condition, path->cmd->opts);
    fish_subs(ctx, path->name, path->cmd->subs);
}

static void add_fish(struct fst_buf *out)
{
    fst_buf_add_str(out, "# fish completion for fhirstage\nfunction __fhirstage_at\n    set -l command ''\n"
                         "    for word in (commandline -opc)[2..-1]\n"
                         "        set -l next (string trim -- \"$command $word\")\n"
                         "        contains -- $next");
    fst_commands_each(fish_path, out);
    fst_buf_add_str(out, "; and set command $next\n    end\n    test \"$command\" = \"$argv[1]\"\nend\n");
    fish_options(out, "", fst_global_opts);
    fish_subs(out, "", fst_commands);
    fst_commands_each(fish_command, out);
}

void fst_complete_add(struct fst_buf *out, const char *shell)
{
    if (!strcmp(shell, "bash"))
        add_bash(out);
    else if (!strcmp(shell, "zsh"))
        add_zsh(out);
    else
        add_fish(out);
}
