/* Preparing and sending at the same time: chunks leave while they are made. */
#include "pipeline/staging.h"

/* Something was prepared that is worth sending, although a part was rejected or not read. */
static bool goes_on(enum fst_status prepared, const struct fst_figures *f, const struct fst_error *why)
{
    return !prepared || (prepared == FST_EINPUT && f->resources) || (prepared == FST_EREJECTED && !why->text[0]);
}

/* What is large and was there before was compared alone: where it differs it has to be made once more, to be sent. */
static enum fst_status prepare(struct fst_staging *s, const struct fst_prepare_opts *opts, struct fst_figures *figures,
                               struct fst_error *why)
{
    struct fst_prepare_opts again = *opts;
    enum fst_status         st = fst_prepare(opts, s->env, figures, why), sent;

    if (!goes_on(st, figures, why))
        return st;
    sent = fst_sender_wait(s->sender, why);
    if (sent || !fst_sender_again_count(s->sender))
        return sent ? sent : st;
    s->again = true;
    again.findings = NULL; /* they were noted the first time */
    again.notice = NULL;
    *why = (struct fst_error){ 0 };
    return fst_prepare(&again, s->env, figures, why);
}

static enum fst_status finish(struct fst_staging *s, const struct fst_prepare_opts *prepare, struct fst_upload_result *result,
                              struct fst_error *err)
{
    struct fst_manifest m = { 0 };
    enum fst_status     st = fst_manifest_load(&m, prepare->out_dir, err);

    if (!st)
        st = fst_staging_finish(s, prepare->out_dir, &m, result, err);
    fst_manifest_clear(&m);
    return st;
}

enum fst_status fst_stage(const struct fst_prepare_opts *opts, const struct fst_upload_opts *upload, const struct fst_env *env,
                          struct fst_figures *figures, struct fst_upload_result *result, struct fst_error *err)
{
    struct fst_staging      s;
    struct fst_prepare_opts o = *opts;
    struct fst_error        why = { 0 };
    int64_t                 begun;
    enum fst_status         st, prepared;

    env = env ? env : fst_env_real();
    begun = env->mono_ms(env->ctx);
    *figures = (struct fst_figures){ 0 };
    *result = (struct fst_upload_result){ 0 };
    st = fst_staging_open(&s, upload, env, false, opts->chunk_bytes + opts->max_resource_bytes, err);
    if (!st)
        st = fst_staging_refuse_foreign(&s, NULL, err);
    if (st) {
        fst_staging_close(&s);
        return st;
    }
    o.sink = &s.sink;
    prepared = prepare(&s, &o, figures, &why);
    if (err)
        *err = why;
    st = prepared;
    fst_meter_enter(upload->meter, FST_STAGE_UPLOAD, figures->files, figures->bytes);
    if (goes_on(prepared, figures, &why) && figures->resources)
        st = finish(&s, &o, result, err);
    fst_staging_close(&s);
    result->seconds = (double)(env->mono_ms(env->ctx) - begun) / 1000;
    return st ? st : prepared;
}
