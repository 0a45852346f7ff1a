#ifndef HARNESS_CTVM_H
#define HARNESS_CTVM_H
#endif
