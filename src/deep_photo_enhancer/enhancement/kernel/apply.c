/* The full-size transform: bilinear interpolation of affine colour transforms, applied to rows of pixels.
   rows.h holds the function, once for each kind of pixel. */

#include <stddef.h>
#include <stdint.h>

#define LANES 16 /* pixels that are worked on together: one or several vectors of the processor */

/* The same function for several generations of x86 processors; the loader chooses. GCC knows these names since 12. */
#if defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

#define CODE uint8_t
#define WHITE 255.0f
#define CHANNELS 3
#define APPLY_ROWS apply_rows_rgb8
#include "rows.h"

#define CHANNELS 1
#define APPLY_ROWS apply_rows_grey8
#include "rows.h"
#undef CODE
#undef WHITE

#define CODE uint16_t
#define WHITE 65535.0f
#define CHANNELS 3
#define APPLY_ROWS apply_rows_rgb16
#include "rows.h"

#define CHANNELS 1
#define APPLY_ROWS apply_rows_grey16
#include "rows.h"
