// Runs CUDA C++ as TVM generates it on a CPU: one fibre for each CUDA thread of a block, one block after the other.
// A fibre runs until __syncthreads, which gives way to the next fibre. So threads of a block see of each other exactly what a
// barrier lets them see: where one is missing, a thread reads what its neighbours have not written yet, and the result is wrong.
#pragma once
#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

using std::max;
using std::min;

struct alignas(16) float4 {
  float x, y, z, w;
};
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

struct Index {
  unsigned x, y, z;
};
static Index threadIdx, blockIdx;

#define __global__
#define __launch_bounds__(threads)

namespace emulation {

constexpr size_t STACK_BYTES = 64 * 1024;

struct Fibre {
  ucontext_t context;
  std::vector<char> stack = std::vector<char>(STACK_BYTES);
  bool done;
};

static ucontext_t scheduler;
static std::vector<Fibre> fibres;
static unsigned current;
static std::function<void()> body;

static void give_way() { swapcontext(&fibres[current].context, &scheduler); }

static void run_thread() {
  body();
  fibres[current].done = true;
  give_way();
}

static void resume(unsigned thread) {
  current = thread;
  threadIdx = {thread, 0, 0};
  swapcontext(&scheduler, &fibres[thread].context);
}

static void run_block(unsigned threads) {
  for (unsigned thread = 0; thread < threads; ++thread) {
    Fibre &fibre = fibres[thread];
    fibre.done = false;
    getcontext(&fibre.context);
    fibre.context.uc_stack.ss_sp = fibre.stack.data();
    fibre.context.uc_stack.ss_size = fibre.stack.size();
    makecontext(&fibre.context, run_thread, 0);
  }
  // Each round ends at a barrier that all threads have reached, or with all of them done.
  for (unsigned done = 0; done < threads;) {
    for (unsigned thread = 0; thread < threads; ++thread) resume(thread);
    done = std::count_if(fibres.begin(), fibres.begin() + threads, [](const Fibre &fibre) { return fibre.done; });
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

static void __syncthreads() { emulation::give_way(); }
