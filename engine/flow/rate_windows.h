#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "engine/core/large_array.h"

namespace weir {

/// The 2, 10 and 40-second windows of all flows, over packet time.
///
/// It holds, for each second of packet time, one record of each flow that had packets in it: how
/// many bytes, and when the first and the last came. A flow that is silent costs nothing. Seconds
/// may come in any order; peaks need each of them as a whole, so a second that no window reaches
/// any more is kept until its memory is needed, see forget(). A window that begins inside a second
/// takes all, nothing, or the share of that second's bytes that the flow's packets imply, evenly
/// spaced from its first to its last: exact for one packet, never dependent on the order in which
/// records came, so the result is the same for any number of workers. (Rejected: a ring of 40 slots
/// in each flow, 640 bytes a biflow; slots of 0.1 s, ten times the records; decaying averages,
/// which are not means.)
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
    uint32_t last_second = 0;     ///< that of now_ns: later ones are in no window
  };
  static Span span_at(uint64_t start_ns, uint64_t now_ns) noexcept;

  /// Bits per second of `bytes` in `length_ns`, rounded down; 0 for an empty interval.
  static uint64_t bits_per_second(uint64_t bytes, uint64_t length_ns) noexcept;

  RateWindows() = default;
  RateWindows(const RateWindows&) = delete;
  RateWindows& operator=(const RateWindows&) = delete;

  /// Adds bytes of flow `flow` within `second`. `first_ns` and `last_ns` are offsets into it. What
  /// was forgotten of that second does not come back, which is counted.
  void add(uint32_t flow, uint32_t second, uint32_t first_ns, uint32_t last_ns, uint32_t packets,
           uint32_t sent_bytes, uint32_t received_bytes);

  /// Forgets seconds outside of [from, to], those that were opened first, until no more than
  /// `keep_bytes` of them are held. Their sums over all flows are kept, for kMostSums seconds.
  void forget(uint32_t from, uint32_t to, size_t keep_bytes);
  static constexpr size_t kMostSums = 1U << 16;  ///< 18 hours

  struct Bytes {
    uint64_t sent = 0;
    uint64_t received = 0;
  };
  /// The most that all flows together sent, and received, in a second that was forgotten.
  const Bytes& forgotten_peak() const noexcept { return forgotten_peak_; }

  /// Seconds are numbered as they are opened. A flow whose last record was added when opened() was
  /// n is in no record any more once oldest() is greater than n.
  uint64_t opened() const noexcept { return opened_; }
  uint64_t oldest() const noexcept { return order_.empty() ? UINT64_MAX : order_.front().number; }

  /// Combines the records of the seconds that a window begins in, so that each flow has one there:
  /// only their shares depend on it. `flow_end` is greater than every flow number in use.
  void combine_edges(const Span& span, uint32_t flow_end);

  /// Calls fn(flow, Sums) for every record that touches a window and whose flow is wanted(flow),
  /// with that record's share. combine_edges() was called for this span.
  template <class Wanted, class Fn>
  void each(const Span& span, Wanted&& wanted, Fn&& fn) const {
    const auto end = slots_.upper_bound(span.last_second);
    for (auto slot = first_in(span); slot != end; ++slot) {
      slot->second.log.each([&, at = slot->first](const Record& record) {
        if (wanted(record.flow)) fn(record.flow, share(span, at, record));
      });
    }
  }

  /// Calls fn(flow, bytes sent, bytes received) for every record that touches one window, as each()
  /// does for all three.
  template <class Fn>
  void each_in(const Span& span, size_t window, Fn&& fn) const {
    const auto end = slots_.upper_bound(span.last_second);
    for (auto slot = first_in(span); slot != end; ++slot) {
      const uint32_t second = slot->first;
      if (begins_in(span, window, second)) {
        slot->second.log.each([&](const Record& record) {
          const Sums sums = share(span, second, record);
          fn(record.flow, sums.sent[window], sums.received[window]);
        });
      } else if (windows_with(span, second)[window]) {
        slot->second.log.each(
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

  /// Calls fn(second, sent bytes, received bytes) with the sums of all flows for every second kept
  /// that is not before `from`.
  template <class Fn>
  void each_second(uint32_t from, Fn&& fn) const {
    for (auto slot = slots_.lower_bound(from); slot != slots_.end(); ++slot) {
      fn(slot->first, slot->second.sent, slot->second.received);
    }
  }
  /// The first second that a snapshot of `now_second` shows.
  static uint32_t first_shown(uint32_t now_second) noexcept {
    return now_second - std::min(now_second, kKeptSeconds);
  }

  uint64_t records() const noexcept { return records_; }
  /// Bytes of memory that records take.
  size_t bytes() const noexcept { return bytes_; }
  /// Packets of seconds of which something was forgotten before: they count for a peak only
  /// together with one another.
  uint64_t late_packets() const noexcept { return late_packets_; }
  size_t seconds_kept() const noexcept { return slots_.size(); }

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
  /// The first chunk of a second is a small one: a day has 86,400 of them, most of them quiet.
  static constexpr size_t kSmallRecords = 16;
  static constexpr size_t kSmallBlock = 256;  ///< small chunks, 96 KiB
  static constexpr size_t kChunkRecords = 2048;
  static constexpr size_t kFirstBlockChunks = 16;  ///< of 48 KiB
  static constexpr size_t kBlockChunks = 85;       ///< just under 4 MiB
  using Chunk = Record*;
  struct Log {
    Chunk small = nullptr;      ///< the first kSmallRecords
    std::vector<Chunk> chunks;  ///< the rest
    size_t size = 0;
    Record* next = nullptr;  ///< where the next record goes, unless it is `end`
    Record* end = nullptr;   ///< of the last chunk

    Record& operator[](size_t at) noexcept {
      if (at < kSmallRecords) return small[at];
      at -= kSmallRecords;
      return chunks[at / kChunkRecords][at % kChunkRecords];
    }
    template <class Fn>
    void each(Fn&& fn) const {
      const size_t first = std::min(kSmallRecords, size);
      for (size_t i = 0; i < first; ++i) fn(small[i]);
      size_t left = size - first;
      for (const Record* records : chunks) {
        const size_t count = std::min(kChunkRecords, left);
        for (size_t i = 0; i < count; ++i) fn(records[i]);
        left -= count;
      }
    }
    size_t bytes() const noexcept {
      return kSlotBytes + (kSmallRecords + chunks.size() * kChunkRecords) * sizeof(Record);
    }
  };
  struct Slot {
    Log log;
    size_t combined = 0;  ///< so many of the records, from the front, are one a flow
    uint64_t sent = 0;    ///< of all records, also of those that were forgotten
    uint64_t received = 0;
    bool partial = false;  ///< some were forgotten
  };
  /// What a slot takes beside its records: the node of a map, and the place in order_.
  static constexpr size_t kSlotBytes = 192;
  struct Opened {
    uint64_t number;
    uint32_t second;
  };

  using Slots = std::map<uint32_t, Slot>;
  Slots::const_iterator first_in(const Span& span) const;
  static bool begins_in(const Span& span, size_t window, uint32_t second) noexcept;
  static Sums share(const Span& span, uint32_t second, const Record& record) noexcept;
  Slot& open(uint32_t second);
  void close(uint32_t second);
  void extend(Log& log);
  Chunk take_chunk();
  Chunk take_small();
  void shrink(Log& log, size_t size);
  void combine(Slot& slot, uint32_t flow_end);

  Slots slots_;
  Slot* last_slot_ = nullptr;  ///< of the last add()
  uint32_t last_second_ = 0;
  std::deque<Opened> order_;             ///< of slots_, as they were opened
  std::map<uint32_t, Bytes> forgotten_;  ///< sums of seconds that were forgotten
  Bytes forgotten_peak_;
  uint32_t sums_from_ = 0;  ///< sums of earlier seconds may be gone too
  uint64_t opened_ = 0;
  uint64_t records_ = 0;
  size_t bytes_ = 0;
  uint64_t late_packets_ = 0;
  std::vector<Chunk> spare_;
  std::vector<Chunk> spare_small_;
  std::vector<LargeArray<Record>> blocks_;  ///< of all chunks; they are kept
  std::vector<LargeArray<Record>> small_blocks_;
  std::vector<uint32_t> position_;  ///< scratch: flow -> its record in the slot being combined
};

}  // namespace weir
