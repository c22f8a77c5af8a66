#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "engine/core/large_array.h"

namespace weir {

/// The 2, 10 and 40-second windows of all flows, over packet time.
///
/// It holds, for each second of packet time, one record of each flow that had packets in it: how
/// many bytes, and when the first and the last came. A flow that is silent costs nothing. A window
/// that begins inside a second takes all, nothing, or the share of that second's bytes that the
/// flow's packets imply, evenly spaced from its first to its last: exact for one packet, never
/// dependent on the order in which records came, so the result is the same for any number of
/// workers. (Rejected: a ring of 40 slots in each flow, 640 bytes a biflow; slots of 0.1 s, ten
/// times the records; decaying averages, which are not means.)
///
/// Owned by the reporter thread.
class RateWindows {
 public:
  static constexpr std::array<uint32_t, 3> kWindowSeconds{2, 10, 40};
  /// Seconds kept behind the newest: the longest window and the second that it begins in.
  static constexpr uint32_t kKeptSeconds = 41;

  /// IP bytes sent and received in each window.
  struct Sums {
    std::array<uint64_t, 3> sent{};
    std::array<uint64_t, 3> received{};

    Sums& operator+=(const Sums& more) noexcept {
      for (size_t i = 0; i < sent.size(); ++i) {
        sent[i] += more.sent[i];
        received[i] += more.received[i];
      }
      return *this;
    }
  };

  /// The interval (begin_ns, now_ns] of each window, and how long it is.
  struct Span {
    std::array<uint64_t, 3> begin_ns{};
    std::array<uint64_t, 3> length_ns{};
    std::array<bool, 3> whole{};  ///< covers everything since the start
  };
  static Span span_at(uint64_t start_ns, uint64_t now_ns) noexcept;

  /// Bits per second of `bytes` in `length_ns`, rounded down; 0 for an empty interval.
  static uint64_t bits_per_second(uint64_t bytes, uint64_t length_ns) noexcept;

  RateWindows() = default;
  RateWindows(const RateWindows&) = delete;
  RateWindows& operator=(const RateWindows&) = delete;

  /// Adds bytes of flow `flow` within `second`. `first_ns` and `last_ns` are offsets into it. A
  /// second that is already closed is ignored and counted.
  void add(uint32_t flow, uint32_t second, uint32_t first_ns, uint32_t last_ns, uint32_t packets,
           uint32_t sent_bytes, uint32_t received_bytes);

  /// Forgets the seconds before `second`; records for them are late from now on.
  void close_before(uint32_t second);
  uint32_t closed_before() const noexcept { return closed_before_; }

  /// Combines the records of the seconds that a window begins in, so that each flow has one there:
  /// only their shares depend on it. `flow_end` is greater than every flow number in use.
  void combine_edges(const Span& span, uint32_t flow_end);

  /// Calls fn(flow, Sums) for every record that touches a window and whose flow is wanted(flow),
  /// with that record's share. combine_edges() was called for this span.
  template <class Wanted, class Fn>
  void each(const Span& span, Wanted&& wanted, Fn&& fn) const {
    for (const auto& [second, slot] : slots_) {
      if (!touches(span, second)) continue;
      slot.log.each([&, at = second](const Record& record) {
        if (wanted(record.flow)) fn(record.flow, share(span, at, record));
      });
    }
  }

  /// Calls fn(flow, bytes sent, bytes received) for every record that touches one window, as each()
  /// does for all three.
  template <class Fn>
  void each_in(const Span& span, size_t window, Fn&& fn) const {
    for (const auto& [second, slot] : slots_) {
      if (begins_in(span, window, second)) {
        slot.log.each([&, at = second](const Record& record) {
          const Sums sums = share(span, at, record);
          fn(record.flow, sums.sent[window], sums.received[window]);
        });
      } else if (windows_with(span, second)[window]) {
        slot.log.each(
            [&](const Record& record) { fn(record.flow, record.sent(), record.received()); });
      }
    }
  }

  /// Calls fn(flow, Sums) for every record of one second, as each() does for all of them.
  template <class Fn>
  void each_share(const Span& span, uint32_t second, Fn&& fn) const {
    const auto slot = slots_.find(second);
    if (slot == slots_.end()) return;
    slot->second.log.each(
        [&](const Record& record) { fn(record.flow, share(span, second, record)); });
  }

  /// A window begins inside the second, so that it holds a share of the second's records.
  static bool is_edge(const Span& span, uint32_t second) noexcept;
  /// Which windows hold all of a second. The others hold nothing of it, but for those that begin
  /// inside it.
  static std::array<bool, 3> windows_with(const Span& span, uint32_t second) noexcept;

  /// What flows that are wanted(flow) sent they have received from now on, and the other way round,
  /// from `second` on.
  template <class Wanted>
  void turn(uint32_t second, Wanted&& wanted) {
    for (auto slot = slots_.lower_bound(second); slot != slots_.end(); ++slot) {
      Log& log = slot->second.log;
      for (size_t i = 0; i < log.size; ++i) {
        Record& record = log[i];
        if (!wanted(record.flow)) continue;
        slot->second.sent += record.received() - record.sent();
        slot->second.received += record.sent() - record.received();
        record.turn();
      }
    }
  }

  /// The sums of all flows. combine_edges() was called for this span.
  Sums total(const Span& span) const;

  /// Calls fn(flow, sent bytes, received bytes) for every record of one second.
  template <class Fn>
  void each_of(uint32_t second, Fn&& fn) const {
    const auto slot = slots_.find(second);
    if (slot == slots_.end()) return;
    slot->second.log.each(
        [&](const Record& record) { fn(record.flow, record.sent(), record.received()); });
  }

  /// Calls fn(second, sent bytes, received bytes) with the sums of all flows for every second kept.
  template <class Fn>
  void each_second(Fn&& fn) const {
    for (const auto& [second, slot] : slots_) fn(second, slot.sent, slot.received);
  }

  uint64_t records() const noexcept { return records_; }
  uint64_t late_records() const noexcept { return late_; }
  /// From the oldest to the newest second kept, both included; 0 when there is none.
  uint32_t seconds_kept() const noexcept {
    return slots_.empty() ? 0 : slots_.rbegin()->first - slots_.begin()->first + 1;
  }

 private:
  /// 24 bytes: with 1M flows active every second there are 40M of them. So the bytes are 36-bit
  /// numbers in pieces, 550 Gbit/s of one flow, and the packets 28 bits; more is cut to that.
  struct Record {
    uint32_t flow;
    uint32_t first_ns : 30;
    uint32_t sent_32 : 2;
    uint32_t last_ns : 30;
    uint32_t received_32 : 2;
    uint32_t sent_0;
    uint32_t received_0;
    uint32_t packets : 28;
    uint32_t sent_34 : 2;
    uint32_t received_34 : 2;

    static constexpr uint64_t kMostBytes = (uint64_t{1} << 36) - 1;
    static constexpr uint32_t kMostPackets = (uint32_t{1} << 28) - 1;
    uint64_t sent() const noexcept {
      return uint64_t{sent_34} << 34 | uint64_t{sent_32} << 32 | sent_0;
    }
    uint64_t received() const noexcept {
      return uint64_t{received_34} << 34 | uint64_t{received_32} << 32 | received_0;
    }
    void merge(const Record& other) noexcept;
    void turn() noexcept;
  };
  static_assert(sizeof(Record) == 24);

  /// Records in chunks, so that a growing log is never copied and what one second frees serves the
  /// next; chunks in blocks, because a heap that grows chunk by chunk is a fault for each page.
  static constexpr size_t kChunkRecords = 2048;
  static constexpr size_t kFirstBlockChunks = 16;  ///< of 48 KiB
  static constexpr size_t kBlockChunks = 85;       ///< just under 4 MiB
  using Chunk = Record*;
  struct Log {
    std::vector<Chunk> chunks;
    size_t size = 0;
    Record* next = nullptr;  ///< where the next record goes, unless it is `end`
    Record* end = nullptr;   ///< of the last chunk

    Record& operator[](size_t at) noexcept {
      return chunks[at / kChunkRecords][at % kChunkRecords];
    }
    template <class Fn>
    void each(Fn&& fn) const {
      for (size_t begin = 0; begin < size; begin += kChunkRecords) {
        const Record* records = chunks[begin / kChunkRecords];
        const size_t count = std::min(kChunkRecords, size - begin);
        for (size_t i = 0; i < count; ++i) fn(records[i]);
      }
    }
  };
  struct Slot {
    Log log;
    size_t combined = 0;  ///< so many of the records, from the front, are one a flow
    uint64_t sent = 0;    ///< of all records
    uint64_t received = 0;
  };

  static bool touches(const Span& span, uint32_t second) noexcept;
  static bool begins_in(const Span& span, size_t window, uint32_t second) noexcept;
  static Sums share(const Span& span, uint32_t second, const Record& record) noexcept;
  void extend(Log& log);
  Chunk take_chunk();
  void shrink(Log& log, size_t size);
  void combine(Slot& slot, uint32_t flow_end);

  std::map<uint32_t, Slot> slots_;
  Slot* last_slot_ = nullptr;  ///< of the last add()
  uint32_t last_second_ = 0;
  uint32_t closed_before_ = 0;
  uint64_t records_ = 0;
  uint64_t late_ = 0;
  std::vector<Chunk> spare_;
  std::vector<LargeArray<Record>> blocks_;  ///< of all chunks; they are kept
  std::vector<uint32_t> position_;  ///< scratch: flow -> its record in the slot being combined
};

}  // namespace weir
