#ifndef HARNESS_CPNG_SHIM_H
#define HARNESS_CPNG_SHIM_H

#include <png.h>
#include <string.h>

/// A zeroed control structure of libpng's simplified interface, which needs no setjmp.
static inline png_image harness_png_image(void) {
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    return image;
}

/// libpng's message after a failed call.
static inline const char *harness_png_message(const png_image *image) { return image->message; }

static const png_uint_32 harness_png_grey = PNG_FORMAT_GRAY;
static const png_uint_32 harness_png_rgb = PNG_FORMAT_RGB;

#endif
