// A GPU played by the CPU, for the tests of what drives one: the functions of libcudart.so.13 and libcuda.so.1 that TVM's CUDA
// runtime calls, over plain memory. Kernels are those of the module, compiled for the CPU (cuda_on_cpu.py).
//
// It is as asynchronous as a GPU may be: launches and copies from and to pinned memory only happen when somebody
// synchronises, so a runner that forgets to reads what was there before. HARNESS_GPU_TRACE names a file that gets a line for
// each copy, launch and synchronisation.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace {

constexpr size_t TOTAL_BYTES = size_t(8) << 30;
enum { SUCCESS = 0, OUT_OF_MEMORY = 2, NOT_FOUND = 500, NOT_SUPPORTED = 801 };
enum CopyKind { HOST_TO_DEVICE = 1, DEVICE_TO_HOST = 2 };

struct Kernel {
  std::string name;
  void (*run)(void **buffers, const unsigned *grid, unsigned threads);
  int buffers;
};

std::map<char *, size_t> device, pinned;
size_t taken = 0;
std::vector<std::function<void()>> waiting;

void trace(const std::string &line) {
  static FILE *file = std::getenv("HARNESS_GPU_TRACE") ? std::fopen(std::getenv("HARNESS_GPU_TRACE"), "a") : nullptr;
  if (file) std::fprintf(file, "%s\n", line.c_str()), std::fflush(file);
}

bool lies_in(const std::map<char *, size_t> &memory, const void *address) {
  auto next = memory.upper_bound((char *)address);
  if (next == memory.begin()) return false;
  --next;
  return (char *)address < next->first + next->second;
}

int allocate(std::map<char *, size_t> &memory, void **address, size_t bytes) {
  // Rubbish, as a GPU's memory holds before it is written.
  if (posix_memalign(address, 512, bytes ? bytes : 1)) return OUT_OF_MEMORY;
  std::memset(*address, 0x5A, bytes);
  memory[(char *)*address] = bytes;
  return SUCCESS;
}

int release(std::map<char *, size_t> &memory, void *address) {
  memory.erase((char *)address);
  std::free(address);
  return SUCCESS;
}

void finish() {
  for (auto &work : waiting) work();
  waiting.clear();
}

void *kernels() {
  static void *library = dlopen(std::getenv("HARNESS_GPU_KERNELS"), RTLD_NOW | RTLD_LOCAL);
  return library;
}

}  // namespace

#ifdef CUDART
extern "C" {
int cudaGetDeviceCount(int *count) { return *count = 1, SUCCESS; }
int cudaGetDevice(int *number) { return *number = 0, SUCCESS; }
int cudaSetDevice(int number) { return number == 0 ? SUCCESS : 101; }
int cudaMemGetInfo(size_t *free, size_t *total) { return *free = TOTAL_BYTES - taken, *total = TOTAL_BYTES, SUCCESS; }
int cudaDeviceGetAttribute(int *value, int, int) { return *value = 0, SUCCESS; }
int cudaGetDeviceProperties(void *, int) { return NOT_SUPPORTED; }

int cudaMalloc(void **address, size_t bytes) { return taken += bytes, allocate(device, address, bytes); }
int cudaMallocHost(void **address, size_t bytes) { return allocate(pinned, address, bytes); }
int cudaFree(void *address) {
  finish();
  if (address) taken -= device[(char *)address];
  return release(device, address);
}
int cudaFreeHost(void *address) { return release(pinned, address); }

int cudaMemcpyAsync(void *to, const void *from, size_t bytes, int kind, void *) {
  const void *host = kind == HOST_TO_DEVICE ? from : to;
  const void *remote = kind == HOST_TO_DEVICE ? to : from;
  if (kind == HOST_TO_DEVICE || kind == DEVICE_TO_HOST) {
    if (!lies_in(device, remote) || lies_in(device, host)) std::abort();
    trace((kind == HOST_TO_DEVICE ? "to-device " : "from-device ") + std::to_string(bytes) +
          (lies_in(pinned, host) ? " pinned" : " pageable"));
  }
  if (kind == HOST_TO_DEVICE && !lies_in(pinned, host)) {
    // CUDA has read pageable memory when it returns.
    finish();
    std::memcpy(to, from, bytes);
  } else {
    waiting.push_back([=] { std::memcpy(to, from, bytes); });
  }
  return SUCCESS;
}
int cudaMemcpyPeerAsync(void *, int, const void *, int, size_t, void *) { return NOT_SUPPORTED; }

int cudaStreamSynchronize(void *) { return trace("synchronise"), finish(), SUCCESS; }
int cudaStreamCreate(void **stream) { return *stream = nullptr, SUCCESS; }
int cudaStreamCreateWithFlags(void **stream, unsigned) { return *stream = nullptr, SUCCESS; }
int cudaStreamDestroy(void *) { return SUCCESS; }
int cudaStreamWaitEvent(void *, void *, unsigned) { return SUCCESS; }
int cudaStreamBeginCapture(void *, int) { return NOT_SUPPORTED; }
int cudaStreamEndCapture(void *, void **) { return NOT_SUPPORTED; }
int cudaGraphInstantiate(void **, void *, unsigned long long) { return NOT_SUPPORTED; }
int cudaGraphLaunch(void *, void *) { return NOT_SUPPORTED; }
int cudaGraphDestroy(void *) { return NOT_SUPPORTED; }
int cudaGraphExecDestroy(void *) { return NOT_SUPPORTED; }
int cudaEventCreate(void **event) { return *event = nullptr, SUCCESS; }
int cudaEventDestroy(void *) { return SUCCESS; }
int cudaEventRecord(void *, void *) { return SUCCESS; }
int cudaEventSynchronize(void *) { return finish(), SUCCESS; }
int cudaEventElapsedTime(float *, void *, void *) { return NOT_SUPPORTED; }

const char *cudaGetErrorName(int) { return "error"; }
const char *cudaGetErrorString(int) { return "an error of the GPU played by the CPU"; }
int cudaGetLastError(void) { return SUCCESS; }
int cudaPeekAtLastError(void) { return SUCCESS; }

// For the driver's part, which is another library.
void gpu_on_cpu_launch(const Kernel *kernel, std::vector<void *> buffers, std::vector<unsigned> grid, unsigned threads) {
  trace("launch " + kernel->name);
  waiting.push_back([=] { kernel->run(const_cast<void **>(buffers.data()), grid.data(), threads); });
}
}
#else
extern "C" {
void gpu_on_cpu_launch(const Kernel *, std::vector<void *>, std::vector<unsigned>, unsigned);

int cuModuleLoadData(void **module, const void *) { return *module = kernels(), kernels() ? SUCCESS : NOT_FOUND; }
int cuModuleUnload(void *) { return SUCCESS; }
int cuModuleGetFunction(void **function, void *, const char *name) {
  auto *run = (decltype(Kernel::run))dlsym(kernels(), ("run_" + std::string(name)).c_str());
  auto *buffers = (const int *)dlsym(kernels(), ("buffers_" + std::string(name)).c_str());
  if (!run || !buffers) return NOT_FOUND;
  *function = new Kernel{name, run, *buffers};
  return SUCCESS;
}
// The beginning of CUlaunchConfig.
struct LaunchConfig {
  unsigned grid[3], block[3];
};
int cuLaunchKernelEx(const LaunchConfig *config, void *function, void **parameters, void **) {
  auto *kernel = (const Kernel *)function;
  std::vector<void *> buffers;
  for (int index = 0; index < kernel->buffers; ++index) buffers.push_back(*(void **)parameters[index]);
  gpu_on_cpu_launch(kernel, buffers, {config->grid, config->grid + 3}, config->block[0]);
  return SUCCESS;
}
int cuFuncSetAttribute(void *, int, int) { return SUCCESS; }
int cuDeviceGetName(char *name, int length, int) { return std::strncpy(name, "GPU on CPU", length), SUCCESS; }
int cuGetErrorName(int, const char **name) { return *name = "error", SUCCESS; }
int cuGetErrorString(int, const char **text) { return *text = "an error of the GPU played by the CPU", SUCCESS; }
int cuTensorMapEncodeTiled(void *, ...) { return NOT_SUPPORTED; }
}
#endif
