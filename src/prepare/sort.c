#include "prepare/sort.h"

enum { SMALL = 24 };

static void swap(struct fst_record *a, struct fst_record *b)
{
    struct fst_record t = *a;
    *a = *b;
    *b = t;
}

static void insertion_sort(struct fst_record *r, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct fst_record x = r[i];
        size_t            k = i;
        for (; k && fst_record_less(&x, &r[k - 1]); k--)
            r[k] = r[k - 1];
        r[k] = x;
    }
}

static void heap_sift(struct fst_record *r, size_t i, size_t n)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && fst_record_less(&r[child], &r[child + 1]))
            child++;
        if (!fst_record_less(&r[i], &r[child]))
            return;
        swap(&r[i], &r[child]);
    }
}

static void heap_sort(struct fst_record *r, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        heap_sift(r, i, n);
    while (n-- > 1) {
        swap(&r[0], &r[n]);
        heap_sift(r, 0, n);
    }
}

/* The median of first, middle and last, moved to the front. */
static void choose_pivot(struct fst_record *r, size_t n)
{
    struct fst_record *a = &r[0], *b = &r[n / 2], *c = &r[n - 1];
    if (fst_record_less(b, a))
        swap(a, b);
    if (fst_record_less(c, b))
        swap(b, c);
    if (fst_record_less(b, a))
        swap(a, b);
    swap(a, b);
}

/* Quicksort that turns to heapsort where the pivots were bad, so that no input makes it quadratic. */
static void sort(struct fst_record *r, size_t n, unsigned depth)
{
    while (n > SMALL) {
        struct fst_record pivot;
        size_t            i = 0, k = n;

        if (!depth--) {
            heap_sort(r, n);
            return;
        }
        choose_pivot(r, n);
        pivot = r[0];
        for (;;) {
            do
                i++;
            while (i < n && fst_record_less(&r[i], &pivot));
            do
                k--;
            while (fst_record_less(&pivot, &r[k]));
            if (i >= k)
                break;
            swap(&r[i], &r[k]);
        }
        swap(&r[0], &r[k]);
        if (k < n - k - 1) { /* the smaller side by recursion, the larger by the loop */
            sort(r, k, depth);
            r += k + 1;
            n -= k + 1;
        } else {
            sort(r + k + 1, n - k - 1, depth);
            n = k;
        }
    }
    insertion_sort(r, n);
}

void fst_records_sort(struct fst_record *r, size_t n)
{
    unsigned depth = 0;
    for (size_t i = n; i; i /= 2)
        depth += 2;
    sort(r, n, depth);
}
