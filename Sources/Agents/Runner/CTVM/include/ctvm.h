// The part of TVM's C ABI that the runner uses, declared by ourselves so that a board needs no TVM headers.
// RunnerTests compile this header beside the installed wheel's and compare sizes, offsets and constants.
#ifndef HARNESS_CTVM_H
#define HARNESS_CTVM_H

#include <stddef.h>
#include <stdint.h>

/// Kinds of values (TVMFFITypeIndex).
enum {
    ctvm_none = 0,
    ctvm_int = 1,
    ctvm_bool = 2,
    ctvm_opaque_pointer = 4,
    ctvm_data_type_value = 5,
    ctvm_device_value = 6,
    ctvm_tensor_pointer = 7,
    ctvm_raw_string = 8,
    ctvm_objects_begin = 64,
    ctvm_function = 68,
    ctvm_tensor = 70,
    ctvm_array = 71,
    ctvm_module = 73,
};

/// Kinds of devices (DLDeviceType) and of numbers (DLDataTypeCode).
enum { ctvm_device_cpu = 1, ctvm_device_cuda = 2, ctvm_device_cuda_host = 3, ctvm_code_float = 2 };

/// Head of every reference-counted object (TVMFFIObject).
typedef struct {
    uint64_t combined_ref_count;
    int32_t type_index;
    uint32_t padding;
    void (*deleter)(void *self, int flags);
} ctvm_object;

/// DLDevice.
typedef struct {
    int32_t device_type;
    int32_t device_id;
} ctvm_device;

/// DLDataType.
typedef struct {
    uint8_t code;
    uint8_t bits;
    uint16_t lanes;
} ctvm_data_type;

/// Any value, 16 bytes (TVMFFIAny).
typedef struct {
    int32_t type_index;
    uint32_t zero_padding;
    union {
        int64_t integer;
        double number;
        void *pointer;
        const char *text;
        ctvm_object *object;
        ctvm_data_type data_type;
        ctvm_device device;
    };
} ctvm_any;

/// Bytes with a length (TVMFFIByteArray).
typedef struct {
    const char *data;
    size_t size;
} ctvm_bytes;

/// What stands behind an error object's head (the beginning of TVMFFIErrorCell).
typedef struct {
    ctvm_bytes kind;
    ctvm_bytes message;
} ctvm_error;

/// What stands behind an array object's head (the beginning of TVMFFISeqCell); `data` are `ctvm_any`.
typedef struct {
    void *data;
    int64_t size;
} ctvm_sequence;

/// DLTensor; it stands behind a tensor object's head, too.
typedef struct {
    void *data;
    ctvm_device device;
    int32_t ndim;
    ctvm_data_type dtype;
    int64_t *shape;
    int64_t *strides;
    uint64_t byte_offset;
} ctvm_tensor_view;

/// TVMFFIFunctionGetGlobal
typedef int (*ctvm_get_global)(const ctvm_bytes *name, void **out);
/// TVMFFIFunctionCall
typedef int (*ctvm_call)(void *function, ctvm_any *arguments, int32_t count, ctvm_any *result);
/// TVMFFISafeCallType
typedef int (*ctvm_safe_call)(void *owner, const ctvm_any *arguments, int32_t count, ctvm_any *result);
/// TVMFFIFunctionCreate
typedef int (*ctvm_create_function)(void *owner, ctvm_safe_call callback, void (*deleter)(void *owner), void **out);
/// TVMFFIErrorMoveFromRaised
typedef void (*ctvm_take_error)(void **out);
/// TVMFFIObjectDecRef
typedef int (*ctvm_release)(void *object);

#endif
