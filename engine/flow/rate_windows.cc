#include "engine/flow/rate_windows.h"

#include <algorithm>

#include "engine/core/clock.h"
#include "engine/core/uint128.h"

namespace weir {

RateWindows::Span RateWindows::span_at(uint64_t start_ns, uint64_t now_ns) noexcept {
  Span span;
  span.last_second = static_cast<uint32_t>(std::min<uint64_t>(now_ns / kNsPerSecond, UINT32_MAX));
  const uint64_t covered = now_ns > start_ns ? now_ns - start_ns : 0;
  for (size_t i = 0; i < kWindowSeconds.size(); ++i) {
    const uint64_t length = kWindowSeconds[i] * kNsPerSecond;
    span.whole[i] = covered <= length;
    span.length_ns[i] = std::min(covered, length);
    span.begin_ns[i] = span.whole[i] ? 0 : now_ns - length;
  }
  return span;
}

uint64_t RateWindows::bits_per_second(uint64_t bytes, uint64_t length_ns) noexcept {
  if (length_ns == 0) return 0;
  return static_cast<uint64_t>(static_cast<uint128_t>(bytes) * 8 * kNsPerSecond / length_ns);
}

void RateWindows::add(uint32_t flow, uint32_t second, uint32_t first_ns, uint32_t last_ns,
                      uint32_t packets, uint32_t sent_bytes, uint32_t received_bytes) {
  if (last_slot_ == nullptr || last_second_ != second) {
    last_slot_ = &open(second);
    last_second_ = second;
  }
  if (last_slot_->partial) [[unlikely]]
    late_packets_ += packets;
  Log& log = last_slot_->log;
  if (log.next == log.end) extend(log);
  Record& record = *log.next++;
  record = {};
  record.flow = flow;
  record.first_ns = first_ns;
  record.last_ns = last_ns;
  record.sent_0 = sent_bytes;
  record.received_0 = received_bytes;
  record.packets = std::min(packets, Record::kMostPackets);
  ++log.size;
  last_slot_->sent += sent_bytes;
  last_slot_->received += received_bytes;
  ++records_;
}

/// The slot of a second, which is new when there is none.
RateWindows::Slot& RateWindows::open(uint32_t second) {
  const auto [at, is_new] = slots_.try_emplace(second);
  Slot& slot = at->second;
  if (!is_new) return slot;
  order_.push_back({++opened_, second});
  const auto known = forgotten_.find(second);
  slot.partial = known != forgotten_.end() || second < sums_from_;
  if (known != forgotten_.end()) {
    slot.sent = known->second.sent;
    slot.received = known->second.received;
    forgotten_.erase(known);
  }
  slot.log.small = take_small();
  slot.log.next = slot.log.small;
  slot.log.end = slot.log.small + kSmallRecords;
  bytes_ += slot.log.bytes();
  return slot;
}

/// Adds a chunk to a log whose last one is full.
void RateWindows::extend(Log& log) {
  log.chunks.push_back(take_chunk());
  bytes_ += kChunkRecords * sizeof(Record);
  log.next = log.chunks.back();
  log.end = log.next + kChunkRecords;
}

RateWindows::Chunk RateWindows::take_chunk() {
  if (spare_.empty()) {
    LargeArray<Record>& block =
        blocks_.emplace_back((blocks_.empty() ? kFirstBlockChunks : kBlockChunks) * kChunkRecords);
    for (size_t at = block.size(); at != 0; at -= kChunkRecords) {
      spare_.push_back(&block[at - kChunkRecords]);
    }
  }
  const Chunk chunk = spare_.back();
  spare_.pop_back();
  return chunk;
}

RateWindows::Chunk RateWindows::take_small() {
  if (spare_small_.empty()) {
    LargeArray<Record>& block = small_blocks_.emplace_back(kSmallBlock * kSmallRecords);
    for (size_t at = block.size(); at != 0; at -= kSmallRecords) {
      spare_small_.push_back(&block[at - kSmallRecords]);
    }
  }
  const Chunk chunk = spare_small_.back();
  spare_small_.pop_back();
  return chunk;
}

/// Drops the records from `size` on.
void RateWindows::shrink(Log& log, size_t size) {
  log.size = size;
  const size_t in_chunks = size - std::min(size, kSmallRecords);
  while (log.chunks.size() * kChunkRecords >= in_chunks + kChunkRecords) {
    spare_.push_back(log.chunks.back());
    log.chunks.pop_back();
    bytes_ -= kChunkRecords * sizeof(Record);
  }
  if (log.chunks.empty()) {
    log.next = log.small + size;
    log.end = log.small + kSmallRecords;
  } else {
    log.end = log.chunks.back() + kChunkRecords;
    log.next = log.end - (log.chunks.size() * kChunkRecords - in_chunks);
  }
}

void RateWindows::Record::merge(const Record& other) noexcept {
  const uint64_t sent_sum = std::min(sent() + other.sent(), kMostBytes);
  const uint64_t received_sum = std::min(received() + other.received(), kMostBytes);
  first_ns = std::min<uint32_t>(first_ns, other.first_ns);
  last_ns = std::max<uint32_t>(last_ns, other.last_ns);
  sent_0 = static_cast<uint32_t>(sent_sum);
  sent_32 = sent_sum >> 32 & 3;
  sent_34 = sent_sum >> 34 & 3;
  received_0 = static_cast<uint32_t>(received_sum);
  received_32 = received_sum >> 32 & 3;
  received_34 = received_sum >> 34 & 3;
  packets = std::min<uint32_t>(packets + other.packets, kMostPackets);
}

/// Bit-fields have no references to swap them by.
void RateWindows::Record::turn() noexcept {
  const Record before = *this;
  sent_0 = before.received_0;
  sent_32 = before.received_32;
  sent_34 = before.received_34;
  received_0 = before.sent_0;
  received_32 = before.sent_32;
  received_34 = before.sent_34;
}

void RateWindows::combine_edges(const Span& span, uint32_t flow_end) {
  for (size_t i = 0; i < kWindowSeconds.size(); ++i) {
    if (span.whole[i]) continue;
    const auto slot = slots_.find(static_cast<uint32_t>(span.begin_ns[i] / kNsPerSecond));
    if (slot != slots_.end()) combine(slot->second, flow_end);
  }
}

void RateWindows::combine(Slot& slot, uint32_t flow_end) {
  Log& log = slot.log;
  if (slot.combined == log.size) return;
  if (position_.size() < flow_end) position_.resize(flow_end);
  // position_ is not cleared between slots: an entry counts only when the record it names is that
  // flow's.
  size_t kept = 0;
  for (size_t i = 0; i < log.size; ++i) {
    const Record record = log[i];
    const uint32_t at = position_[record.flow];
    if (at < kept && log[at].flow == record.flow) {
      log[at].merge(record);
      continue;
    }
    position_[record.flow] = static_cast<uint32_t>(kept);
    log[kept++] = record;
  }
  records_ -= log.size - kept;
  shrink(log, kept);
  slot.combined = kept;
}

void RateWindows::close(uint32_t second) {
  const auto at = slots_.find(second);
  Slot& slot = at->second;
  forgotten_[second] = {slot.sent, slot.received};
  forgotten_peak_.sent = std::max(forgotten_peak_.sent, slot.sent);
  forgotten_peak_.received = std::max(forgotten_peak_.received, slot.received);
  records_ -= slot.log.size;
  shrink(slot.log, 0);
  bytes_ -= slot.log.bytes();
  spare_small_.push_back(slot.log.small);
  slots_.erase(at);
  last_slot_ = nullptr;
}

void RateWindows::forget(uint32_t from, uint32_t to, size_t keep_bytes) {
  const auto outside = [&](uint32_t second) { return second < from || second > to; };
  size_t held = 0;
  for (const auto& [second, slot] : slots_) held += outside(second) ? slot.log.bytes() : 0;
  if (held <= keep_bytes) return;
  std::erase_if(order_, [&](const Opened& opened) {
    if (held <= keep_bytes || !outside(opened.second)) return false;
    held -= slots_.find(opened.second)->second.log.bytes();
    close(opened.second);
    return true;
  });
  while (forgotten_.size() > kMostSums) {
    sums_from_ = std::max(sums_from_, forgotten_.begin()->first + 1);
    forgotten_.erase(forgotten_.begin());
  }
}

RateWindows::Sums RateWindows::total(const Span& span) const {
  Sums total;
  const auto end = slots_.upper_bound(span.last_second);
  for (auto at = first_in(span); at != end; ++at) {
    const auto& [second, slot] = *at;
    if (is_edge(span, second)) {
      slot.log.each([&, s = second](const Record& record) { total += share(span, s, record); });
      continue;
    }
    const std::array<bool, 3> in = windows_with(span, second);
    for (size_t i = 0; i < kWindowSeconds.size(); ++i) {
      if (!in[i]) continue;
      total.sent[i] += slot.sent;
      total.received[i] += slot.received;
    }
  }
  return total;
}

/// The window begins inside the second, or where it does: then a packet at its very start is
/// outside.
bool RateWindows::begins_in(const Span& span, size_t window, uint32_t second) noexcept {
  return !span.whole[window] && span.begin_ns[window] / kNsPerSecond == second;
}

bool RateWindows::is_edge(const Span& span, uint32_t second) noexcept {
  for (size_t i = 0; i < kWindowSeconds.size(); ++i) {
    if (begins_in(span, i, second)) return true;
  }
  return false;
}

std::array<bool, 3> RateWindows::windows_with(const Span& span, uint32_t second) noexcept {
  std::array<bool, 3> in{};
  for (size_t i = 0; i < kWindowSeconds.size(); ++i) {
    in[i] = second <= span.last_second &&
            (span.whole[i] || uint64_t{second} * kNsPerSecond > span.begin_ns[i]);
  }
  return in;
}

/// The first second of which a window holds something.
RateWindows::Slots::const_iterator RateWindows::first_in(const Span& span) const {
  const uint64_t begin_ns = *std::min_element(span.begin_ns.begin(), span.begin_ns.end());
  return slots_.lower_bound(static_cast<uint32_t>(begin_ns / kNsPerSecond));
}

RateWindows::Sums RateWindows::share(const Span& span, uint32_t second,
                                     const Record& record) noexcept {
  Sums sums;
  const uint64_t first = uint64_t{second} * kNsPerSecond + record.first_ns;
  const uint64_t last = uint64_t{second} * kNsPerSecond + record.last_ns;
  for (size_t i = 0; i < kWindowSeconds.size(); ++i) {
    const uint64_t begin = span.begin_ns[i];
    if (span.whole[i] || first > begin) {
      sums.sent[i] = record.sent();
      sums.received[i] = record.received();
    } else if (last > begin) {
      // n packets from `first` to `last` have n - 1 gaps; the window holds one packet for each gap
      // in it.
      const uint64_t gaps = record.packets - 1;
      const auto part = [&](uint64_t bytes) {
        return static_cast<uint64_t>(static_cast<uint128_t>(bytes) * gaps * (last - begin) /
                                     (static_cast<uint128_t>(last - first) * record.packets));
      };
      sums.sent[i] = part(record.sent());
      sums.received[i] = part(record.received());
    }
  }
  return sums;
}

}  // namespace weir
