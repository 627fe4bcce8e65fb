/* fhir/validate-private.h — what the parts of the validator share. Private to fhir/. */
#ifndef FST_FHIR_VALIDATE_PRIVATE_H
#define FST_FHIR_VALIDATE_PRIVATE_H

#include "fhir/image.h"
#include "fhir/validate.h"

enum { FST_MAX_ELEMENTS = 64 };

/* The way from the root to an object: one frame a level, on the stack. */
struct fst_frame {
    const struct fst_frame    *up;     /* NULL at the root */
    const struct fst_member   *member; /* how it hangs on `up`; NULL at the root */
    int32_t                    index;  /* within an array; -1: in none */
    uint32_t                   node;
    const struct fst_type_row *type;
    uint64_t                   seen;   /* elements that are there, if only by their extensions */
    uint64_t                   valued; /* those of which values[] has the node */
    uint32_t                   values[FST_MAX_ELEMENTS];
};

/* A resource being checked, and those it is in. */
struct fst_resource_scope {
    const struct fst_resource_scope *up;
    const struct fst_frame          *frame;
    bool                             is_contained;
};

struct fst_validator {
    struct fst_validate_opts         opts;
    const struct fst_schema         *schema;
    const struct fst_tape           *tape;
    const struct fst_resource_scope *scope;
    fst_issue_fn                    *sink;
    void                            *ctx;
    struct fst_verdict               verdict;
    uint32_t                         sent;
    struct fst_view                  root_name; /* stands for the place while there is no frame */
    bool                             out_of_memory;
    struct fst_buf                   expression, text, shown, scratch;
    fst_def                          element_def, resource_def, domain_def, bundle_def;
};

/* A place: an object, or its member `member` (at `index`, or -1). */
struct fst_place {
    const struct fst_frame  *at;
    const struct fst_member *member;
    int32_t                  index;
};

/* Send an issue about node `node` at that place. */
void fst_report(struct fst_validator *v, struct fst_place place, enum fst_severity severity, enum fst_issue_code code,
                const char *rule, uint32_t node, const char *fmt, ...) FST_PRINTF(7, 8);
#define fst_error_at(v, place, code, rule, node, ...) fst_report(v, place, FST_SEVERITY_ERROR, code, rule, node, __VA_ARGS__)
#define fst_warn_at(v, place, code, rule, node, ...) fst_report(v, place, FST_SEVERITY_WARNING, code, rule, node, __VA_ARGS__)

/* A found value for "%.*s": the value in quotes when values may be shown, else "the value". Void at the next call. */
struct fst_view fst_shown(struct fst_validator *v, struct fst_view value);

static inline struct fst_place fst_place_of(const struct fst_frame *at)
{
    return (struct fst_place){ at, NULL, -1 };
}

/* A string's value; in v->scratch when it has escapes. */
static inline struct fst_view fst_value_of(struct fst_validator *v, uint32_t node)
{
    const struct fst_node *n = &v->tape->nodes[node];
    if (fst_node_flags(n) & FST_JSON_ESCAPED)
        return fst_tape_string(v->tape, node, &v->scratch);
    return fst_view_n(v->tape->text + n->off, n->len);
}

/* Check the object at frame->node, whose type is frame->type, and all in it. */
void fst_validate_object(struct fst_validator *v, struct fst_frame *frame);
/* Check the resource at `node`, hanging on `up` (NULL: the root). */
void fst_validate_resource(struct fst_validator *v, const struct fst_frame *up, const struct fst_member *member, int32_t index,
                        uint32_t node);
void fst_validate_primitive(struct fst_validator *v, struct fst_place place, uint32_t node);

#endif
