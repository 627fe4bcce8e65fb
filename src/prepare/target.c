#include "prepare/target.h"

size_t fst_target_pack(uint8_t out[FST_TARGET_BYTES], const struct fst_target *t)
{
    uint8_t *at = out + 2;

    out[0] = (uint8_t)t->kind;
    out[1] = t->type;
    switch (t->kind) {
    case FST_TARGET_KNOWN:
        memcpy(at, t->id, strlen(t->id));
        return 2 + strlen(t->id);
    case FST_TARGET_ANONYMOUS:
        memcpy(at, t->sha256, sizeof t->sha256);
        memcpy(at + sizeof t->sha256, &t->pos, sizeof t->pos);
        return 2 + sizeof t->sha256 + sizeof t->pos;
    case FST_TARGET_CREATE:
        memcpy(at, &t->create, sizeof t->create);
        return 2 + sizeof t->create;
    }
    return 0;
}

void fst_target_unpack(struct fst_target *t, const uint8_t *bytes, size_t n)
{
    *t = (struct fst_target){ .kind = (enum fst_target_kind)bytes[0], .type = bytes[1] };
    switch (t->kind) {
    case FST_TARGET_KNOWN:
        memcpy(t->id, bytes + 2, n - 2);
        break;
    case FST_TARGET_ANONYMOUS:
        memcpy(t->sha256, bytes + 2, sizeof t->sha256);
        memcpy(&t->pos, bytes + 2 + sizeof t->sha256, sizeof t->pos);
        break;
    case FST_TARGET_CREATE:
        memcpy(&t->create, bytes + 2, sizeof t->create);
        break;
    }
}
