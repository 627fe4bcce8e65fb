/* The tables of the API, from the .def files, and looking things up in them. */
#include "healthlake/model.h"

/* ---- ids: a shape's index in fst_model_shapes, a member's in members, an error's bit */

enum shape_id {
#define FST_SCALAR(kind, name, min, max, flags, pattern) S_##name,
#define FST_ENUM(name, ...) S_##name,
#define FST_LIST(name, element, min, max) S_##name,
#define FST_MAP(name, key, value, min, max, flags) S_##name,
#include "healthlake/shapes.def"
#define FST_STRUCTURE(name, flags) S_##name,
#include "healthlake/structures.def"
    SHAPE_COUNT
};

/* FIRST_x and END_x enclose a structure's members. Each is followed by a step back, so that it takes no place. */
enum member_id {
#define FST_STRUCTURE(name, flags) FIRST_##name, BACK_##name = FIRST_##name - 1,
#define FST_MEMBER(structure, name, shape, flags, doc) M_##structure##_##name,
#define FST_END(name) END_##name, BACK_END_##name = END_##name - 1,
#include "healthlake/structures.def"
    MEMBER_COUNT
};

enum error_id {
#define FST_ERROR(code, status, common, doc) E_##code,
#include "healthlake/errors.def"
    ERROR_COUNT
};

enum operation_id {
#define FST_OPERATION(name, input, output, flags, errors, doc) OP_##name,
#include "healthlake/operations.def"
    OPERATION_COUNT
};

enum acceptor_id {
#define FST_WAITER(name, operation, path, delay_s, max_attempts) ACCEPT_##name, ACCEPT_BACK_##name = ACCEPT_##name - 1,
#define ACCEPTOR_ID_(line) ACCEPTOR_AT_##line
#define ACCEPTOR_ID(line) ACCEPTOR_ID_(line)
#define FST_ACCEPTOR(waiter, state, is_error, expected) ACCEPTOR_ID(__LINE__),
#define FST_END(name) ACCEPT_END_##name, ACCEPT_END_BACK_##name = ACCEPT_END_##name - 1,
#include "healthlake/waiters.def"
    ACCEPTOR_COUNT
};

/* ---- tables */

static const struct fst_model_member members[MEMBER_COUNT] = {
#define FST_MEMBER(structure, name, shape, flags, doc) { #name, &fst_model_shapes[S_##shape], flags, doc },
#include "healthlake/structures.def"
};

#define NO_MIN FST_MODEL_NO_MIN
#define NO_MAX FST_MODEL_NO_MAX
#define UNLIMITED .min = NO_MIN, .max = NO_MAX

const struct fst_model_shape fst_model_shapes[SHAPE_COUNT] = {
#define FST_SCALAR(kind_, name_, min_, max_, flags_, pattern_) \
    { .name = #name_, .kind = FST_MODEL_##kind_, .flags = flags_, .min = min_, .max = max_, .pattern = pattern_ },
#define FST_ENUM(name_, ...) \
    { .name = #name_, .kind = FST_MODEL_ENUM, UNLIMITED, .values = (const char *const[]){ __VA_ARGS__, NULL } },
#define FST_LIST(name_, element_, min_, max_) \
    { .name = #name_, .kind = FST_MODEL_LIST, .min = min_, .max = max_, .element = &fst_model_shapes[S_##element_] },
#define FST_MAP(name_, key_, value_, min_, max_, flags_)                                              \
    { .name = #name_, .kind = FST_MODEL_MAP, .flags = flags_, .min = min_, .max = max_,               \
      .key = &fst_model_shapes[S_##key_], .element = &fst_model_shapes[S_##value_] },
#include "healthlake/shapes.def"
#define FST_STRUCTURE(name_, flags_)                                                                  \
    { .name = #name_, .kind = FST_MODEL_STRUCTURE, .flags = flags_, UNLIMITED,                        \
      .members = members + FIRST_##name_, .member_count = (size_t)END_##name_ - (size_t)FIRST_##name_ },
#include "healthlake/structures.def"
};
const size_t fst_model_shape_count = SHAPE_COUNT;

const struct fst_model_error fst_model_errors[ERROR_COUNT] = {
#define FST_ERROR(code, status, common, doc) { #code, status, common, doc },
#include "healthlake/errors.def"
};
const size_t fst_model_error_count = ERROR_COUNT;

const struct fst_model_operation fst_model_operations[OPERATION_COUNT] = {
#define FST_E(code) UINT32_C(1) << E_##code##Exception
#define FST_OPERATION(name, input, output, flags, errors, doc) \
    { #name, &fst_model_shapes[S_##input], &fst_model_shapes[S_##output], flags, errors, doc },
#include "healthlake/operations.def"
};
const size_t fst_model_operation_count = OPERATION_COUNT;

static const struct fst_model_acceptor acceptors[ACCEPTOR_COUNT] = {
#define FST_ACCEPTOR(waiter, state, is_error, expected) { FST_WAIT_##state, is_error, expected },
#include "healthlake/waiters.def"
};

const struct fst_model_waiter fst_model_waiters[] = {
#define FST_WAITER(name, operation, path, delay_s, max_attempts)                                 \
    { #name, &fst_model_operations[OP_##operation], path, delay_s, max_attempts,                 \
      acceptors + ACCEPT_##name, (size_t)ACCEPT_END_##name - (size_t)ACCEPT_##name },
#include "healthlake/waiters.def"
};
const size_t fst_model_waiter_count = FST_COUNT(fst_model_waiters);

static const char *const job_states[] = {
#define FST_JOB_STATE(name, final) #name,
#include "healthlake/states.def"
};
static const char *const datastore_states[] = {
#define FST_DATASTORE_STATE(name, final) #name,
#include "healthlake/states.def"
};
static const char *const progress_fields[] = {
#define FST_PROGRESS_FIELD(name) #name,
#include "healthlake/progress.def"
};

/* ---- looking up */

/* Some dozens of rows, some calls a request: walking them is quick enough. */
#define FIND(table, count, field, wanted)               \
    for (size_t i = 0; i < (count); i++)                \
        if (fst_view_is(wanted, (table)[i].field)) \
            return &(table)[i];                         \
    return NULL

const struct fst_model_operation *fst_model_operation(struct fst_view name)
{
    FIND(fst_model_operations, OPERATION_COUNT, name, name);
}

const struct fst_model_shape *fst_model_shape(const char *name)
{
    FIND(fst_model_shapes, SHAPE_COUNT, name, fst_view_of(name));
}

const struct fst_model_error *fst_model_error(struct fst_view code)
{
    FIND(fst_model_errors, ERROR_COUNT, code, code);
}

const struct fst_model_waiter *fst_model_waiter(const char *name)
{
    FIND(fst_model_waiters, fst_model_waiter_count, name, fst_view_of(name));
}

const struct fst_model_member *fst_model_member(const struct fst_model_shape *structure, struct fst_view name)
{
    if (!structure)
        return NULL;
    FIND(structure->members, structure->member_count, name, name);
}

const struct fst_model_member *fst_model_member_at(const struct fst_model_shape *structure, const char *path)
{
    for (;;) {
        size_t                         n = strcspn(path, ".");
        const struct fst_model_member *m = fst_model_member(structure, fst_view_n(path, n));
        if (!m || !path[n])
            return m;
        structure = m->shape;
        path += n + 1;
    }
}

bool fst_model_operation_has_error(const struct fst_model_operation *op, const char *code)
{
    const struct fst_model_error *e = fst_model_error(fst_view_of(code));
    return e && op->errors >> (e - fst_model_errors) & 1;
}

const struct fst_model_member *fst_model_page_items(const struct fst_model_operation *op)
{
    struct fst_view token = FST_VIEW("NextToken");
    if (!fst_model_member(op->input, token) || !fst_model_member(op->output, token))
        return NULL;
    for (size_t i = 0; i < op->output->member_count; i++)
        if (op->output->members[i].shape->kind == FST_MODEL_LIST)
            return &op->output->members[i];
    return NULL;
}

const struct fst_model_member *fst_model_token(const struct fst_model_operation *op)
{
    for (size_t i = 0; i < op->input->member_count; i++)
        if (op->input->members[i].flags & FST_MODEL_TOKEN)
            return &op->input->members[i];
    return NULL;
}

/* ---- states and the progress report */

static int index_of(const char *const *names, size_t count, struct fst_view name)
{
    for (size_t i = 0; i < count; i++)
        if (fst_view_is(name, names[i]))
            return (int)i;
    return -1;
}

const char *fst_job_status_name(enum fst_job_status s)
{
    return job_states[s];
}

bool fst_job_status_is_final(enum fst_job_status s)
{
    static const bool final_states[] = {
#define FST_JOB_STATE(name, final) final,
#include "healthlake/states.def"
    };
    return final_states[s];
}

bool fst_job_status_parse(enum fst_job_status *out, struct fst_view name)
{
    int i = index_of(job_states, FST_COUNT(job_states), name);
    if (i >= 0)
        *out = (enum fst_job_status)i;
    return i >= 0;
}

const char *fst_datastore_status_name(enum fst_datastore_status s)
{
    return datastore_states[s];
}

bool fst_datastore_status_is_final(enum fst_datastore_status s)
{
    static const bool final_states[] = {
#define FST_DATASTORE_STATE(name, final) final,
#include "healthlake/states.def"
    };
    return final_states[s];
}

bool fst_datastore_status_parse(enum fst_datastore_status *out, struct fst_view name)
{
    int i = index_of(datastore_states, FST_COUNT(datastore_states), name);
    if (i >= 0)
        *out = (enum fst_datastore_status)i;
    return i >= 0;
}

const char *fst_progress_field_name(enum fst_progress_field f)
{
    return progress_fields[f];
}

bool fst_progress_field_is_double(enum fst_progress_field f)
{
    return members[FIRST_JobProgressReport + (int)f].shape->kind == FST_MODEL_DOUBLE;
}
