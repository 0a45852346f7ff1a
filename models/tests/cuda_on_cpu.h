// Runs CUDA C++ as TVM generates it on a CPU: one fibre for each CUDA thread of a block, one block after the other.
// A fibre runs until __syncthreads, which gives way to the next fibre. So threads of a block see of each other exactly what a
// barrier lets them see: where one is missing, a thread reads what its neighbours have not written yet, and the result is wrong.
// What a warp does together, the tensor cores' product, gives way to the other threads of the warp only.
#pragma once
#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

using std::max;
using std::min;

struct alignas(16) float4 {
  float x, y, z, w;
};
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

struct float2 {
  float x, y;
};
inline float2 make_float2(float x, float y) { return {x, y}; }

struct Index {
  unsigned x, y, z;
};
static Index threadIdx, blockIdx;

#define __global__
#define __launch_bounds__(threads)

namespace emulation {

constexpr size_t STACK_BYTES = 64 * 1024;
constexpr unsigned WARP = 32;

enum State { AT_BARRIER, IN_WARP, DONE };

// What a thread brings to its warp's product: PTX ISA, “Matrix fragments for mma.m16n8k8”.
struct Fragments {
  float a[4], b[2];
};

struct Fibre {
  ucontext_t context;
  std::vector<char> stack = std::vector<char>(STACK_BYTES);
  State state;
  // Two, because a thread may bring the next before all others have read the last.
  Fragments fragments[2];
  unsigned products;
};

static ucontext_t scheduler;
static std::vector<Fibre> fibres;
static unsigned current;
static std::function<void()> body;

static void give_way(State state) {
  Fibre &fibre = fibres[current];
  fibre.state = state;
  swapcontext(&fibre.context, &scheduler);
}

static void run_thread() {
  body();
  give_way(DONE);
}

static void resume(unsigned thread) {
  current = thread;
  threadIdx = {thread, 0, 0};
  swapcontext(&scheduler, &fibres[thread].context);
}

static unsigned count(unsigned first, unsigned end, State state) {
  return std::count_if(&fibres[first], &fibres[end], [=](const Fibre &fibre) { return fibre.state == state; });
}

// Until none of the warp's threads waits for the others any more.
static void run_warp(unsigned first, unsigned end) {
  for (unsigned waiting = end - first; waiting != 0;) {
    for (unsigned thread = first; thread < end; ++thread) resume(thread);
    waiting = count(first, end, IN_WARP);
    if (waiting != 0 && waiting != WARP) {
      std::fprintf(stderr, "a warp's product was reached by %u threads of %u\n", waiting, WARP);
      std::abort();
    }
  }
}

static void run_block(unsigned threads) {
  for (unsigned thread = 0; thread < threads; ++thread) {
    Fibre &fibre = fibres[thread];
    fibre.state = AT_BARRIER;
    fibre.products = 0;
    getcontext(&fibre.context);
    fibre.context.uc_stack.ss_sp = fibre.stack.data();
    fibre.context.uc_stack.ss_size = fibre.stack.size();
    makecontext(&fibre.context, run_thread, 0);
  }
  // Each round ends at a barrier that all threads have reached, or with all of them done.
  for (unsigned done = 0; done < threads;) {
    for (unsigned first = 0; first < threads; first += WARP) run_warp(first, min(first + WARP, threads));
    done = count(0, threads, DONE);
    if (done != 0 && done != threads) {
      std::fprintf(stderr, "a barrier was reached by %u threads of %u\n", threads - done, threads);
      std::abort();
    }
  }
}

static void launch(const unsigned *grid, unsigned threads, std::function<void()> kernel) {
  body = kernel;
  if (fibres.size() < threads) fibres.resize(threads);
  for (unsigned z = 0; z < grid[2]; ++z)
    for (unsigned y = 0; y < grid[1]; ++y)
      for (unsigned x = 0; x < grid[0]; ++x) {
        blockIdx = {x, y, z};
        run_block(threads);
      }
}

}  // namespace emulation

static void __syncthreads() { emulation::give_way(emulation::AT_BARRIER); }

// MARK: tensor_cores.py's functions, whose own source is PTX

inline float of_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// cvt.rna.tf32.f32: to the nearest, ties away from zero.
inline float tf32_round(float value) { return of_bits((bits_of(value) + 0x1000) & ~0x1FFFu); }

// mma.sync.m16n8k8: factors' surplus bits are cut off, as the tensor cores do.
static void tf32_multiply(float *sums, float a0, float a1, float a2, float a3, float b0, float b1) {
  using namespace emulation;
  auto cut = [](float value) { return of_bits(bits_of(value) & ~0x1FFFu); };
  unsigned own = current, first = own / WARP * WARP, group = own % WARP / 4, place = own % 4;
  unsigned slot = fibres[own].products++ % 2;
  fibres[own].fragments[slot] = {{cut(a0), cut(a1), cut(a2), cut(a3)}, {cut(b0), cut(b1)}};
  give_way(IN_WARP);
  for (unsigned k = 0; k < 8; ++k)
    for (unsigned i = 0; i < 4; ++i) {
      // Row group + 8·(i / 2), column 2·place + i % 2.
      float a = fibres[first + 4 * group + k % 4].fragments[slot].a[i / 2 + k / 4 * 2];
      float b = fibres[first + 4 * (2 * place + i % 2) + k % 4].fragments[slot].b[k / 4];
      sums[i] += a * b;
    }
}
