#include "backends/pcap_file/mapping.h"

#include <signal.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <mutex>

namespace weir::backends {
namespace {

constexpr size_t kPage = 4096;
/// Pages are given back in pieces of this size.
constexpr size_t kPiece = size_t{8} << 20;

/// What the signal handler may read: the ranges that are mapped now.
struct Range {
  std::atomic<uintptr_t> begin{0};  ///< 0: free
  std::atomic<uintptr_t> end{0};
  std::atomic<uintptr_t> lost{UINTPTR_MAX};  ///< lowest page that was not there
};
constexpr size_t kMostRanges = 64;
std::array<Range, kMostRanges> ranges;
std::mutex ranges_mutex;  ///< held by who takes a range or gives it back, not by the handler
struct sigaction earlier_action;

/// Notes that a page is lost; false when no range holds it.
bool note_lost(uintptr_t page) noexcept {
  for (Range& range : ranges) {
    const uintptr_t begin = range.begin.load(std::memory_order_acquire);
    if (begin == 0 || page < begin || page >= range.end.load(std::memory_order_relaxed)) continue;
    uintptr_t lowest = range.lost.load(std::memory_order_relaxed);
    while (page < lowest && !range.lost.compare_exchange_weak(lowest, page)) {
    }
    return true;
  }
  return false;
}

/// Puts a page of zeros where the file has none any more, and the read goes on. Any other SIGBUS is
/// whatever it was without weir: the handler takes itself away and the read faults again.
void on_bus_error(int signal, siginfo_t* info, void* /*context*/) {
  const uintptr_t page = reinterpret_cast<uintptr_t>(info->si_addr) & ~(kPage - 1);
  void* const at = reinterpret_cast<void*>(page);
  if (note_lost(page) &&
      mmap(at, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at) {
    return;
  }
  sigaction(signal, &earlier_action, nullptr);
}

void catch_bus_errors() {
  struct sigaction action{};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &earlier_action);
}

/// The place of a free range, now taken; kMostRanges when there is none.
size_t take_range(uintptr_t begin, uintptr_t end) {
  const std::lock_guard lock(ranges_mutex);
  static const bool caught = (catch_bus_errors(), true);
  (void)caught;
  for (size_t place = 0; place < ranges.size(); ++place) {
    if (ranges[place].begin.load(std::memory_order_relaxed) != 0) continue;
    ranges[place].end.store(end, std::memory_order_relaxed);
    ranges[place].lost.store(UINTPTR_MAX, std::memory_order_relaxed);
    ranges[place].begin.store(begin, std::memory_order_release);
    return place;
  }
  return kMostRanges;
}

}  // namespace

std::unique_ptr<Mapping> Mapping::of(int fd, size_t size) {
  void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (memory == MAP_FAILED) return nullptr;
  madvise(memory, size, MADV_SEQUENTIAL);
  const auto begin = reinterpret_cast<uintptr_t>(memory);
  const size_t place = take_range(begin, begin + (size + kPage - 1) / kPage * kPage);
  if (place == kMostRanges) {
    munmap(memory, size);
    return nullptr;
  }
  return std::unique_ptr<Mapping>(new Mapping(static_cast<const uint8_t*>(memory), size, place));
}

Mapping::~Mapping() {
  {
    const std::lock_guard lock(ranges_mutex);
    ranges[place_].begin.store(0, std::memory_order_release);
  }
  munmap(const_cast<uint8_t*>(data_), size_);
}

size_t Mapping::lost_from() const noexcept {
  const uintptr_t lost = ranges[place_].lost.load(std::memory_order_relaxed);
  const auto begin = reinterpret_cast<uintptr_t>(data_);
  return lost < begin + size_ ? lost - begin : size_;
}

void Mapping::done_before(size_t offset) noexcept {
  if (offset < done_ + kPiece) return;
  const size_t end = offset / kPage * kPage;
  // Nothing was written, so there is nothing to lose.
  madvise(const_cast<uint8_t*>(data_) + done_, end - done_, MADV_DONTNEED);
  done_ = end;
}

}  // namespace weir::backends
