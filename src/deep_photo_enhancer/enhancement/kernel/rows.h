/* nodes: (h, columns, CHANNELS * (CHANNELS + 1)), the transforms, for codes from 0 to WHITE.
   row_nodes, row_share: for each of `height` rows, the first row of nodes above it and the share of the second.
   starts: (columns), where the pixels to the right of each node begin; the last is `width`.
   share: (width + LANES), how far each pixel lies towards the next node.
   pixels, result: (height, width, CHANNELS), may be the same.
   scratch: columns * CHANNELS * (CHANNELS + 1) + 2 * CHANNELS * (width + LANES) floats.

   A cell's pixels are done in whole groups of LANES; what a group does beyond the cell's end the next cell does again. */

#define NUMBERS (CHANNELS * (CHANNELS + 1))

FOR_EACH_PROCESSOR
void APPLY_ROWS(const float *nodes, int columns, const int32_t *row_nodes, const float *row_share, const int32_t *starts,
                const float *share, const CODE *pixels, CODE *result, int height, int width, float *scratch)
{
    /* Indices are of ptrdiff_t: where the compiler is told that an int may wrap around, ints take twice as long. */
    const ptrdiff_t plane = width + LANES;
    float *row = scratch, *in = row + columns * NUMBERS, *out = in + CHANNELS * plane;

    for (ptrdiff_t y = 0; y < height; y++) {
        const float *above = nodes + (ptrdiff_t)row_nodes[y] * columns * NUMBERS, *below = above + columns * NUMBERS;
        for (int k = 0; k < columns * NUMBERS; k++)
            row[k] = above[k] + row_share[y] * (below[k] - above[k]);

        const CODE *source = pixels + y * width * CHANNELS;
        for (ptrdiff_t x = 0; x < width; x++) {
            in[x] = source[CHANNELS * x];
#if CHANNELS == 3 /* a loop over the channels would take twice as long */
            in[plane + x] = source[3 * x + 1];
            in[2 * plane + x] = source[3 * x + 2];
#endif
        }

        for (int j = 0; j + 1 < columns; j++) {
            for (ptrdiff_t x = starts[j]; x < starts[j + 1]; x += LANES) {
                for (int c = 0; c < CHANNELS; c++) {
                    const float *a = row + j * NUMBERS + c * (CHANNELS + 1), *b = a + NUMBERS;
                    const float *u = share + x, *p = in + x;
                    float *q = out + c * plane + x;
#if CHANNELS == 3
                    const float a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
                    const float d0 = b[0] - a0, d1 = b[1] - a1, d2 = b[2] - a2, d3 = b[3] - a3;
                    for (int i = 0; i < LANES; i++) {
                        float v = (a0 + u[i] * d0) * p[i] + (a1 + u[i] * d1) * p[plane + i] +
                                  (a2 + u[i] * d2) * p[2 * plane + i] + (a3 + u[i] * d3) + 0.5f;
#else
                    const float a0 = a[0], a1 = a[1], d0 = b[0] - a0, d1 = b[1] - a1;
                    for (int i = 0; i < LANES; i++) {
                        float v = (a0 + u[i] * d0) * p[i] + (a1 + u[i] * d1) + 0.5f;
#endif
                        v = v < 0 ? 0 : v;
                        q[i] = v > WHITE ? WHITE : v;
                    }
                }
            }
        }

        CODE *target = result + y * width * CHANNELS;
        for (ptrdiff_t x = 0; x < width; x++) {
            target[CHANNELS * x] = (CODE)(int)out[x];
#if CHANNELS == 3
            target[3 * x + 1] = (CODE)(int)out[plane + x];
            target[3 * x + 2] = (CODE)(int)out[2 * plane + x];
#endif
        }
    }
}

#undef NUMBERS
#undef CHANNELS
#undef APPLY_ROWS
