#include "fhir/coded.h"

struct lookup {
    const struct fst_schema *schema;
    const struct fst_tape   *tape;
    uint16_t                 set;
    struct fst_buf          *system, *code;
};

static enum fst_in coding_in(const struct lookup *l, uint32_t coding, bool in_concept)
{
    struct fst_view system = fst_tape_member_string(l->tape, coding, "system", l->system);
    struct fst_view code = fst_tape_member_string(l->tape, coding, "code", l->code);

    if (!in_concept && (!code.n || !system.n))
        return FST_IN_UNKNOWN;
    return code.n ? fst_set_has(l->schema, l->set, system.n ? system : fst_view_of(""), code) : FST_IN_NO;
}

/* All codings must be in the set: §4.1.5 asks for one, the validator for all. */
static enum fst_in concept_in(const struct lookup *l, uint32_t concept)
{
    uint32_t    codings = fst_tape_member(l->tape, concept, "coding"), n = 0;
    enum fst_in in = FST_IN_YES;

    if (codings == FST_NO_NODE)
        return FST_IN_NO;
    FST_EACH_ELEMENT(l->tape, codings, coding) {
        enum fst_in one = coding_in(l, coding, true);
        if (one == FST_IN_NO)
            return one;
        in = one == FST_IN_UNKNOWN ? one : in;
        n++;
    }
    return n ? in : FST_IN_NO;
}

enum fst_in fst_coded_in_set(const struct fst_schema *s, const struct fst_tape *t, uint32_t node, enum fst_coded shape, uint16_t set,
                             struct fst_buf *system, struct fst_buf *code)
{
    const struct lookup l = { s, t, set, system, code };
    struct fst_view     any = { 0 }, text;

    switch (shape) {
    case FST_CODED_CONCEPT: return concept_in(&l, node);
    case FST_CODED_CODING: return coding_in(&l, node, false);
    case FST_CODED_CODE: break;
    }
    text = fst_tape_string(t, node, code);
    return text.n ? fst_set_has(s, set, any, text) : FST_IN_UNKNOWN;
}
