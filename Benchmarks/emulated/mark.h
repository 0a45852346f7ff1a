// How infer.c tells count.c that a moment of interest has come.
#define MARK 0x6d61726b
#define AARCH64_PRCTL 167
