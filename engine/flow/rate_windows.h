#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace weir {

/// The 2, 10 and 40-second windows and the one-second peaks of all flows, over packet time.
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

  /// Adds bytes of flow `flow` within `second`. `first_ns` and `last_ns` are offsets into it. A
  /// second that is already closed is ignored and counted.
  void add(uint32_t flow, uint32_t second, uint32_t first_ns, uint32_t last_ns, uint32_t packets,
           uint32_t sent_bytes, uint32_t received_bytes);

  /// Combines the records of every second, so that each flow has one record a second, and calls
  /// peak(second, flow, sent bytes, received bytes) for those of seconds before `second`, which are
  /// complete. A second is told again when more of it came later; sums only grow, so a maximum over
  /// them is right. `flow_end` is greater than every flow number in use.
  template <class Fn>
  void complete(uint32_t second, uint32_t flow_end, Fn&& peak) {
    for (auto& [slot_second, slot] : slots_) {
      combine(slot, flow_end);
      if (slot_second >= second || slot.peaks_told) continue;
      for (const Record& record : slot.records) {
        peak(slot_second, record.flow, record.sent(), record.received());
      }
      slot.peaks_told = true;
    }
  }

  /// Forgets the seconds before `second`; records for them are late from now on.
  void close_before(uint32_t second);
  uint32_t closed_before() const noexcept { return closed_before_; }

  /// Calls fn(flow, Sums) for every record that touches a window, with that record's share.
  template <class Fn>
  void each(const Span& span, Fn&& fn) const {
    for (const auto& [second, slot] : slots_) {
      if (!touches(span, second)) continue;
      for (const Record& record : slot.records) fn(record.flow, share(span, second, record));
    }
  }

  uint64_t records() const noexcept { return records_; }
  uint64_t late_records() const noexcept { return late_; }

 private:
  /// 28 bytes: with 1M flows active every second there are 40M of them, so the bytes are 48-bit
  /// numbers.
  struct Record {
    uint32_t flow;
    uint32_t first_ns;
    uint32_t last_ns;
    uint32_t sent_low;
    uint32_t received_low;
    uint16_t sent_high;
    uint16_t received_high;
    uint32_t packets;

    uint64_t sent() const noexcept { return uint64_t{sent_high} << 32 | sent_low; }
    uint64_t received() const noexcept { return uint64_t{received_high} << 32 | received_low; }
    void merge(const Record& other) noexcept;
  };
  struct Slot {
    std::vector<Record> records;
    size_t combined = 0;      ///< so many of them, from the front, are one a flow
    bool peaks_told = false;  ///< of all the combined ones
  };

  static bool touches(const Span& span, uint32_t second) noexcept;
  static Sums share(const Span& span, uint32_t second, const Record& record) noexcept;
  void combine(Slot& slot, uint32_t flow_end);

  std::map<uint32_t, Slot> slots_;
  Slot* last_slot_ = nullptr;  ///< of the last add()
  uint32_t last_second_ = 0;
  uint32_t closed_before_ = 0;
  uint64_t records_ = 0;
  uint64_t late_ = 0;
  std::vector<uint32_t> position_;  ///< scratch: flow -> its record in the slot being combined
};

}  // namespace weir
