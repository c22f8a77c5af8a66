#include "report/filter/remembering_filter.h"

#include <time.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <utility>

namespace weir::report {
namespace {

constexpr size_t kBuckets = size_t{1} << 19;
constexpr size_t kWays = 4;  // half a cache line
constexpr uint64_t kAnswer = 1;
constexpr uint64_t kOneUse = 2;
constexpr uint64_t kUses = RememberingFilter::kMostUses * kOneUse;
constexpr uint64_t kTag = ~(kUses | kAnswer);

using Slot = std::atomic_ref<uint64_t>;

}  // namespace

void RememberingFilter::Free::operator()(uint64_t* slots) const noexcept {
  std::free(slots);
}

// calloc, because pages that nothing was written to cost nothing.
RememberingFilter::RememberingFilter(std::shared_ptr<const FlowFilter> inner,
                                     uint32_t fresh_per_second)
    : inner_(std::move(inner)),
      fresh_per_second_(fresh_per_second),
      seed_(uint64_t{std::random_device()()} << 32 | std::random_device()()),
      slots_(static_cast<uint64_t*>(std::calloc(kBuckets * kWays, sizeof(uint64_t)))) {}

uint64_t RememberingFilter::hash_of(const FlowKey& key, bool shown_high) const noexcept {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;
  uint64_t words[sizeof key / sizeof(uint64_t)];
  std::memcpy(words, &key, sizeof key);
  uint64_t hash = seed_ + (shown_high ? 1 : 0);
  for (const uint64_t word : words) {
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 29;
  }
  hash *= kOdd;
  return hash ^ hash >> 32;
}

bool RememberingFilter::may_ask() const noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  const uint64_t second = static_cast<uint64_t>(now.tv_sec) << 32;
  uint64_t asked = asked_.load(std::memory_order_relaxed);
  if (asked >> 32 << 32 != second) asked = second;
  if (static_cast<uint32_t>(asked) >= fresh_per_second_) return false;
  asked_.store(asked + 1, std::memory_order_relaxed);
  return true;
}

bool RememberingFilter::shows(const FlowKey& key, bool shown_high) const {
  if (!slots_) return inner_->shows(key, shown_high);
  const uint64_t hash = hash_of(key, shown_high);
  const uint64_t tag = hash & kTag;
  // The bucket is of the upper bits, which are in the tag as well; it need not be.
  uint64_t* const bucket = slots_.get() + (hash >> 45) * kWays;
  size_t place = hash >> 8 & (kWays - 1);  // the one that gives way, unless there is a better one
  bool known = false;
  for (size_t way = 0; way < kWays; ++way) {
    const uint64_t slot = Slot(bucket[way]).load(std::memory_order_relaxed);
    if (slot != 0 && (slot & kTag) == tag) {
      if ((slot & kUses) != 0 && !may_ask()) {
        Slot(bucket[way]).store(slot - kOneUse, std::memory_order_relaxed);
        return (slot & kAnswer) != 0;
      }
      place = way;
      known = true;
      break;
    }
    if ((slot & kUses) == 0) place = way;
  }
  const bool answer = inner_->shows(key, shown_high);
  // Not all in the same snapshot are asked anew.
  const uint64_t uses = known ? kUses : (1 + (hash >> 16) % kMostUses) * kOneUse;
  Slot(bucket[place]).store(tag | uses | (answer ? kAnswer : 0), std::memory_order_relaxed);
  return answer;
}

}  // namespace weir::report
