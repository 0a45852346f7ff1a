// Runs a compiled module on one image through TVM's C ABI: TVM-FOLDER MODULE IMAGE ANSWER COUNT-OF-ANSWER CHANNELS HEIGHT WIDTH
//
// IMAGE and ANSWER are files of raw float32. The program is so small that nearly all its memory is TVM's and the module's. It pauses
// for inspection (writes a line, waits for one) with TVM alone, with the module loaded, and at the end. The second call is between two marks.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "ctvm.h"
#include "mark.h"

static ctvm_get_global get_global;
static ctvm_call call;
static ctvm_take_error take_error;
static ctvm_release release;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "infer: %s: %s\n", what, why ? why : "for no reason given");
    exit(1);
}

static void raised(const char *what) {
    void *error = NULL;
    take_error(&error);
    if (!error) fail(what, NULL);
    ctvm_error *cell = (ctvm_error *)((char *)error + sizeof(ctvm_object));
    fail(what, cell->message.data);
}

static void *function(const char *name) {
    ctvm_bytes bytes = {name, strlen(name)};
    void *found = NULL;
    if (get_global(&bytes, &found) || !found) raised(name);
    return found;
}

static ctvm_any invoke(void *what, ctvm_any *arguments, int count, const char *name) {
    ctvm_any result = {0};
    if (call(what, arguments, count, &result)) raised(name);
    return result;
}

static ctvm_any integer(int64_t value) { return (ctvm_any){.type_index = ctvm_int, .integer = value}; }
static ctvm_any text(const char *value) { return (ctvm_any){.type_index = ctvm_raw_string, .text = value}; }

/// A function of a module.
static ctvm_any member(ctvm_any module, const char *name) {
    ctvm_any arguments[] = {module, text(name), {.type_index = ctvm_bool, .integer = 1}};
    return invoke(function("ffi.ModuleGetFunction"), arguments, 3, name);
}

static void *library(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!handle) fail(path, dlerror());
    return handle;
}

/// The address at which a library is mapped, from /proc/self/maps.
static unsigned long base(const char *path) {
    char line[4608];
    unsigned long start = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        if (strstr(line, path) && sscanf(line, "%lx", &start) == 1) break;
    }
    if (maps) fclose(maps);
    return start;
}

static void stop(const char *where, unsigned long address) {
    printf("%s %lx\n", where, address);
    fflush(stdout);
    getchar();
}

int main(int count, char **words) {
    if (count != 9) fail("usage", "TVM-FOLDER MODULE IMAGE ANSWER COUNT-OF-ANSWER CHANNELS HEIGHT WIDTH");
    void *ffi = library(words[1], "libtvm_ffi.so");
    library(words[1], "libtvm_runtime.so");
    get_global = (ctvm_get_global)dlsym(ffi, "TVMFFIFunctionGetGlobal");
    call = (ctvm_call)dlsym(ffi, "TVMFFIFunctionCall");
    take_error = (ctvm_take_error)dlsym(ffi, "TVMFFIErrorMoveFromRaised");
    release = (ctvm_release)dlsym(ffi, "TVMFFIObjectDecRef");
    if (!get_global || !call || !take_error || !release) fail("libtvm_ffi.so", "a function is missing");

    int64_t shape[] = {1, atol(words[6]), atol(words[7]), atol(words[8])};
    size_t bytes = shape[1] * shape[2] * shape[3] * sizeof(float), answer = atol(words[5]) * sizeof(float);
    float *image = aligned_alloc(64, bytes);
    FILE *file = fopen(words[3], "rb");
    if (!image || !file || fread(image, 1, bytes, file) != bytes) fail(words[3], "it cannot be read");
    fclose(file);
    stop("ready", 0);

    ctvm_any path = text(words[2]);
    ctvm_any module = invoke(function("ffi.ModuleLoadFromFile"), &path, 1, "loading");
    ctvm_any machine = invoke(member(module, "vm_load_executable").pointer, NULL, 0, "vm_load_executable");
    ctvm_any device[] = {integer(ctvm_device_cpu), integer(0), integer(2)};
    invoke(member(machine, "vm_initialization").pointer, device, 3, "vm_initialization");
    void *entry = member(machine, "main").pointer;
    ctvm_tensor_view view = {image, {ctvm_device_cpu, 0}, 4, {ctvm_code_float, 32, 1}, shape, NULL, 0};
    ctvm_any input = {.type_index = ctvm_tensor_pointer, .pointer = &view};
    // Weights that the module transforms when it is loaded, if it does, are passed with each call.
    ctvm_any optional[] = {machine, text("prepare"), {.type_index = ctvm_bool, .integer = 1}};
    ctvm_any prepare = invoke(function("ffi.ModuleGetFunction"), optional, 3, "prepare");
    ctvm_any arguments[64] = {input};
    int total = 1;
    if (prepare.type_index == ctvm_function) {
        ctvm_any made = invoke(prepare.pointer, NULL, 0, "prepare");
        ctvm_sequence *weights = (ctvm_sequence *)((char *)made.pointer + sizeof(ctvm_object));
        if (weights->size > 63) fail("prepare", "it returns more than 63 tensors");
        memcpy(arguments + 1, weights->data, weights->size * sizeof(ctvm_any));
        total += weights->size;
    }
    stop("loaded", 0);
    release(invoke(entry, arguments, total, "main").object);
    prctl(MARK, 1);
    ctvm_any output = invoke(entry, arguments, total, "main");
    prctl(MARK, 2);
    if (output.type_index == ctvm_array) output = *(ctvm_any *)((ctvm_sequence *)((char *)output.pointer + sizeof(ctvm_object)))->data;
    ctvm_tensor_view *result = (ctvm_tensor_view *)((char *)output.pointer + sizeof(ctvm_object));
    file = fopen(words[4], "wb");
    if (!file || fwrite(result->data, 1, answer, file) != answer || fclose(file)) fail(words[4], "it cannot be written");
    stop("done", base(words[2]));
    return 0;
}
