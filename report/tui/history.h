#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/core/flow_key.h"
#include "engine/pipeline/snapshot.h"

namespace weir::tui {

/// What went by in the last minutes: each second's totals, and for rows that were on the screen a
/// minute of their rates. Fed with every snapshot, paused or not. Owned and used by the UI thread;
/// its memory is bounded whatever it is fed with.
class History {
 public:
  static constexpr uint32_t kSeriesSeconds = 60;
  static constexpr size_t kMaxSeries = 2048;
  static constexpr uint64_t kUnknown = UINT64_MAX;
  static constexpr uint32_t kMaxMinutes = 24 * 60;

  /// `minutes` is brought between 1 and kMaxMinutes.
  explicit History(uint32_t minutes = 15);

  /// Takes Snapshot::seconds. A second that is there already gets the newer figures: packets of a
  /// second may arrive after it was first reported.
  void add(const Snapshot& snapshot);
  /// A rate of a row in bit/s at a second of packet time; a later one of the same second replaces
  /// it. When there are kMaxSeries, the series that was not fed for the longest time goes.
  void note(const FlowKey& key, uint32_t second, uint64_t bits_per_second);

  /// The last `count` completed seconds, oldest first, without gaps: a second that nothing was told
  /// of is empty. Fewer when less is known. The newest second of all is left out, as it is not
  /// over.
  std::vector<SecondBytes> last(uint32_t count) const;
  /// A row's rates of the last `count` seconds up to the newest that any row was fed with, oldest
  /// first; empty when nothing is known. Seconds without a rate have the one before them for up to
  /// kHoldSeconds, and then they are kUnknown: nobody looked.
  std::vector<uint64_t> series(const FlowKey& key, uint32_t count = kSeriesSeconds) const;

  uint32_t capacity_seconds() const noexcept { return capacity_; }
  size_t series_count() const noexcept { return series_.size(); }
  void clear();

 private:
  static constexpr uint32_t kHoldSeconds = 3;
  struct KeyHash {
    size_t operator()(const FlowKey& key) const noexcept {
      return std::hash<std::string_view>{}(
          std::string_view(reinterpret_cast<const char*>(&key), sizeof key));
    }
  };
  struct Point {
    uint32_t second = 0;
    uint64_t bits_per_second = 0;
  };
  using Series = std::vector<Point>;  ///< ascending, never empty

  void merge(const SecondBytes& second);
  void drop_stalest_series();

  uint32_t capacity_;
  std::deque<SecondBytes> seconds_;  ///< ascending, none twice
  std::unordered_map<FlowKey, Series, KeyHash> series_;
  uint32_t newest_noted_ = 0;
};

}  // namespace weir::tui
