#include "base/grow.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool fst_grow(void *items, size_t count, size_t *cap, size_t size)
{
    size_t more = *cap ? *cap * 2 : 1;
    void  *p;

    if (count < *cap)
        return true;
    if (more > SIZE_MAX / 2 / size)
        return false;
    memcpy(&p, items, sizeof p); /* a pointer to whatever the items are */
    p = realloc(p, more * size);
    if (!p)
        return false;
    memcpy(items, &p, sizeof p);
    *cap = more;
    return true;
}
