#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/pipeline/flow_query.h"

namespace weir::report {

/// A filter whose answers are remembered, for one that asks for names: at a million flows these
/// take longer than a second. As names become known later, an answer is good for a few times only,
/// and the first `fresh_per_second` flows a second are asked anew, so that with fewer flows than
/// that nothing is ever out of date. At most 16 MB, of which only what is used is touched; what
/// finds no place is asked every time. Any thread, no locks: two threads may ask twice.
///
/// Two flows are told apart by 60 bits of a seeded hash: that one is answered for another takes,
/// with a million flows, 10^5 years of snapshots every second.
class RememberingFilter final : public FlowFilter {
 public:
  static constexpr uint32_t kFreshPerSecond = 100'000;
  static constexpr uint64_t kMostUses = 7;

  explicit RememberingFilter(std::shared_ptr<const FlowFilter> inner,
                             uint32_t fresh_per_second = kFreshPerSecond);

  bool shows(const FlowKey& key, bool shown_high) const override;

 private:
  struct Free {
    void operator()(uint64_t* slots) const noexcept;
  };

  uint64_t hash_of(const FlowKey& key, bool shown_high) const noexcept;
  bool may_ask() const noexcept;

  std::shared_ptr<const FlowFilter> inner_;
  uint32_t fresh_per_second_;
  uint64_t seed_;
  /// Upper 60 bits: of the hash; then how often it may be used (3 bits), and the answer.
  std::unique_ptr<uint64_t[], Free> slots_;
  mutable std::atomic<uint64_t> asked_{0};  ///< the second, and in its lower half how many
};

}  // namespace weir::report
