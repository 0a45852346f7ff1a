// The mark with which infer.c signals a point of interest to count.c.
#define MARK 0x6d61726b
#define AARCH64_PRCTL 167
