#include "engine/pipeline/shard.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "engine/core/clock.h"

namespace weir {
namespace {

constexpr uint32_t kNone = BucketIndex::kNone;

// An update adds at most 4 GiB - 1 to a 32-bit counter: a frame is shorter than 2^31 bytes on every
// link, so publishing from here on keeps it from wrapping. What a garbled record claims beyond that
// is in PacketCounts, and cut here.
constexpr uint32_t kPublishAbove = 1U << 31;
constexpr uint32_t kMaxPacketBytes = (1U << 31) - 1;

// RFC 9293 section 3.1.
constexpr uint8_t kSyn = 0x02;
constexpr uint8_t kAck = 0x10;

bool is_answer(const FlowUpdate& update) noexcept {
  return (update.tcp_flags & (kSyn | kAck)) == (kSyn | kAck);
}

/// The side that opened the connection or, as far as this packet tells, spoke first.
bool opener_is_high(const FlowUpdate& update) noexcept {
  return update.has(FlowUpdate::from_high) != is_answer(update);
}

uint32_t seconds_up(uint64_t ns) noexcept {
  return static_cast<uint32_t>(
      std::min<uint64_t>((ns + kNsPerSecond - 1) / kNsPerSecond, UINT32_MAX));
}

// Seconds since the epoch in 32 bits end in 2106; a later time stamp is a garbled one and counts
// there.
uint32_t second_of(uint64_t ts_ns) noexcept {
  return static_cast<uint32_t>(std::min<uint64_t>(ts_ns / kNsPerSecond, UINT32_MAX));
}

}  // namespace

Shard::Shard(const Config& config, const LocalSides& sides, Waker& reporter)
    : config_(config),
      timeout_seconds_(seconds_up(config.flow_timeout_ns)),
      table_(config.capacity, config.hash_seed,
             config.lossless ? FlowTable::Growth::when_full : FlowTable::Growth::none),
      sides_(sides),
      ring_(1, std::max(config.report_depth, kOutBatch)),
      reporter_(reporter),
      producers_(config.producers),
      out_(kOutBatch) {}

/// Starts loading the entries that a group will need, and notes which they are.
void Shard::look_ahead(Group& group) const noexcept {
  for (size_t i = 0; i < group.updates.size(); ++i) {
    group.candidates[i] = table_.prefetch_entry(group.updates[i].flow);
  }
}

/// Most packets are of a known flow that had one in the same second: that takes no branch but this.
[[gnu::always_inline]] inline void Shard::count(const FlowUpdate& update, uint32_t candidate,
                                                uint64_t& tracked) {
  uint64_t offset_ns = update.ts_ns - second_ns_;
  if (offset_ns >= kNsPerSecond) [[unlikely]] {
    offset_ns = enter_second(update.ts_ns);
  }
  const bool known = candidate != kNone && table_.holds(candidate, update.flow);
  if (known) [[likely]] {
    FlowEntry& entry = table_.entry(candidate);
    const bool from_high = update.has(FlowUpdate::from_high);
    SlotCounts& counts = entry.counts[from_high ? 1 : 0];
    const uint32_t sizes =
        counts.wire_bytes | counts.ip_bytes | update.wire_bytes | update.ip_bytes;
    const bool plain = (entry.flags & FlowEntry::dirty) != 0 && entry.second == second_ &&
                       (sizes & kPublishAbove) == 0 && !update.has(FlowUpdate::subframe) &&
                       (update.tcp_flags & kSyn) == 0;
    if (plain) [[likely]] {
      ++tracked;
      counts.packets += 1;
      counts.ip_bytes += update.ip_bytes;
      counts.wire_bytes += update.wire_bytes;
      entry.first =
          std::min(entry.first, FlowEntry::first_of(static_cast<uint32_t>(offset_ns), from_high));
      entry.last_ns = std::max(entry.last_ns, static_cast<uint32_t>(offset_ns));
      entry.tcp_flags |= update.tcp_flags;
      return;
    }
  }
  const uint32_t number = known ? candidate : table_.find(update.flow);
  count_slow(update, number, static_cast<uint32_t>(offset_ns));
}

/// `kOwn`: all of them are from the shard's own worker, and there are no markers.
template <bool kOwn>
void Shard::count_group(const Group& group) {
  uint64_t tracked = 0;
  for (size_t i = 0; i < group.updates.size(); ++i) {
    const FlowUpdate& update = group.updates[i];
    if (!kOwn && update.has(FlowUpdate::marker)) [[unlikely]] {
      end_epoch_of(update);
    } else {
      count(update, group.candidates[i], kOwn ? tracked : producers_[update.producer].tracked);
    }
  }
  if (kOwn) producers_[0].tracked += tracked;
}

template <bool kOwn>
void Shard::advance(std::span<const FlowUpdate> group) {
  look_ahead(fed_);
  count_group<kOwn>(ready_);
  ready_ = fed_;
  fed_.updates = group;
}

void Shard::feed(std::span<const FlowUpdate> group) {
  advance<true>(group);
}

void Shard::flush() {
  for (uint32_t i = 0; i <= kGroupsInFlight; ++i) advance<true>({});
}

void Shard::apply(std::span<const FlowUpdate> updates) {
  for (const FlowUpdate& update : updates) table_.prefetch_bucket(update.flow.hash);
  while (!updates.empty()) {
    const auto group = updates.first(std::min<size_t>(updates.size(), kGroup));
    updates = updates.subspan(group.size());
    advance<false>(group);
  }
  for (uint32_t i = 0; i <= kGroupsInFlight; ++i) advance<false>({});
}

/// Makes the second of a packet the current one: for those that follow in it a subtraction is
/// enough. Returns the packet's offset.
uint64_t Shard::enter_second(uint64_t ts_ns) {
  second_ = second_of(ts_ns);
  second_ns_ = second_ * kNsPerSecond;
  now_second_ = std::max(now_second_, second_);
  return ts_ns % kNsPerSecond;
}

/// `number`: of the flow's entry, kNone when it has none.
void Shard::count_slow(const FlowUpdate& update, uint32_t number, uint32_t offset_ns) {
  const uint32_t second = second_;
  if (number != kNone && timeout_seconds_ != 0 && ended_before(second, table_.entry(number)) &&
      room(2)) {
    close(number);
    number = kNone;
  }
  if (number == kNone) {
    number = admit(update);
    if (number == kNone) {
      count_untracked(update, second, offset_ns);
      return;
    }
  }
  ProducerCounts& counts = producers_[update.producer];
  ++(update.has(FlowUpdate::subframe) ? counts.subframes_tracked : counts.tracked);
  FlowEntry& entry = table_.entry(number);
  entry.seen_second = std::max(entry.seen_second, second);
  accumulate(entry, number, update.has(FlowUpdate::from_high) ? 1 : 0, update, second, offset_ns);
}

void Shard::count_untracked(const FlowUpdate& update, uint32_t second, uint32_t offset_ns) {
  ProducerCounts& counts = producers_[update.producer];
  ++(update.has(FlowUpdate::subframe) ? counts.subframes_untracked : counts.untracked);
  // Nothing is remembered of its flow: where only who spoke first could tell, the low end is local.
  const SideChoice side = side_of(update);
  const bool high = side.rule != SideRule::spoke_first && side.high;
  const bool sent = update.has(FlowUpdate::from_high) == high;
  accumulate(untracked_, Delta::kUntracked, sent ? 0 : 1, update, second, offset_ns);
}

SideChoice Shard::side_of(const FlowUpdate& update) const noexcept {
  const LocalSide& local = sides_.of(update.capture);
  const bool from_high = update.has(FlowUpdate::from_high);
  if (const auto choice = local.choose(update.flow.key(), update.link_side(), from_high)) {
    return *choice;
  }
  return SideChoice{SideRule::spoke_first, opener_is_high(update)};
}

/// Opens a new flow; kNone when the table is full of flows that are not idle.
uint32_t Shard::admit(const FlowUpdate& update) {
  if (!room(1)) return kNone;
  if (table_.size() == table_.capacity() && timeout_seconds_ != 0 && swept_second_ != now_second_) {
    sweep();
  }
  const uint32_t number = table_.insert(update.flow);
  if (number == kNone) return kNone;
  table_.entry(number).flags = 0;
  const SideChoice side = side_of(update);
  Delta& opened = out(Delta::Kind::opened, number);
  opened.key = update.flow.key();
  opened.flags = side.high ? Delta::shown_high : 0;
  opened.rule = side.rule;
  return number;
}

void Shard::accumulate(FlowEntry& entry, uint32_t number, size_t side, const FlowUpdate& update,
                       uint32_t second, uint32_t offset_ns) {
  const bool full = entry.counts[side].wire_bytes >= kPublishAbove ||
                    entry.counts[side].ip_bytes >= kPublishAbove;
  if ((entry.flags & FlowEntry::dirty) != 0 && (entry.second != second || full)) {
    if (full) wait_for_room(1);
    if (room(1)) {
      publish(entry, number);
    } else {
      // The reporter is behind and this is a live capture: the packets of two seconds are told as
      // one. Totals stay exact and the rates are a second late, which is counted.
      ++smeared_;
      entry.flags |= FlowEntry::smeared;
      entry.second = std::max(entry.second, second);
      entry.first = 0;
      entry.last_ns = kNsPerSecond - 1;
    }
  }
  SlotCounts& counts = entry.counts[side];
  const uint32_t first = FlowEntry::first_of(offset_ns, update.has(FlowUpdate::from_high));
  if ((entry.flags & FlowEntry::dirty) == 0) {
    entry.flags |= FlowEntry::dirty;
    entry.second = second;
    entry.first = first;
    entry.last_ns = offset_ns;
  } else {
    entry.first = std::min(entry.first, first);
    entry.last_ns = std::max(entry.last_ns, offset_ns);
  }
  counts.packets += 1;
  counts.ip_bytes += std::min(update.ip_bytes, kMaxPacketBytes);
  counts.wire_bytes += std::min(update.wire_bytes, kMaxPacketBytes);
  entry.tcp_flags |= update.tcp_flags;
  if ((update.tcp_flags & kSyn) != 0) {
    entry.handshake =
        std::max(entry.handshake,
                 FlowEntry::handshake_of(is_answer(update), offset_ns, opener_is_high(update)));
  }
}

bool Shard::expired(const FlowEntry& entry) const noexcept {
  return uint64_t{entry.seen_second} + timeout_seconds_ < now_second_;
}

/// Whether a flow was idle for the time-out before its packet of `second`. A packet out of order is
/// no sign of that, and count() takes those of the second last counted without asking.
bool Shard::ended_before(uint32_t second, const FlowEntry& entry) const noexcept {
  return second > entry.seen_second && expired(entry);
}

/// Tells what is left of a flow and frees its entry; needs room for two deltas.
void Shard::close(uint32_t number) {
  FlowEntry& entry = table_.entry(number);
  if ((entry.flags & FlowEntry::dirty) != 0) publish(entry, number);
  out(Delta::Kind::closed, number);
  table_.erase(number, table_.hash_of(number));
}

/// Frees every idle flow at once. Only for a full table, and at most once a second of packet time.
void Shard::sweep() {
  swept_second_ = now_second_;
  for (uint32_t number = 0; number < table_.used_end(); ++number) {
    if (table_.live(number) && expired(table_.entry(number)) && room(3)) close(number);
  }
}

void Shard::end_epoch_of(const FlowUpdate& marker) {
  const ProducerCounts& counts = producers_[marker.producer];
  if (producers_done_ == 0) pending_ = ShardReport{};
  epoch_ = marker.flow.hash;
  epoch_last_ns_ = std::max(epoch_last_ns_, marker.ts_ns);
  pending_.tracked += counts.tracked;
  pending_.untracked += counts.untracked;
  pending_.subframes_tracked += counts.subframes_tracked;
  pending_.subframes_untracked += counts.subframes_untracked;
  ++producers_done_;
}

/// All that is unpublished came after the end of the epoch, so that it can wait for the next one.
bool Shard::after_epoch(const FlowEntry& entry) const noexcept {
  const uint32_t last_second = second_of(epoch_last_ns_);
  if ((entry.flags & FlowEntry::smeared) != 0 || last_second == UINT32_MAX) return false;
  if (entry.second != last_second) return entry.second > last_second;
  return entry.first >> 1 > epoch_last_ns_ % kNsPerSecond;
}

/// Publishes one entry, or closes it when it is idle. False when there is no room for that now.
bool Shard::visit(uint32_t number) {
  if (!table_.live(number)) return true;
  FlowEntry& entry = table_.entry(number);
  const bool idle = timeout_seconds_ != 0 && expired(entry);
  if (!idle && ((entry.flags & FlowEntry::dirty) == 0 || after_epoch(entry))) return true;
  if (!room_aside(2)) return false;
  if (idle) {
    close(number);
  } else {
    publish(entry, number);
  }
  return true;
}

bool Shard::step() {
  if (producers_done_ < config_.producers) {
    send();
    return out_count_ != 0;
  }
  const uint32_t end = std::min(flush_next_ + kStepEntries, table_.used_end());
  for (; flush_next_ < end; ++flush_next_) {
    if (!visit(flush_next_)) return true;
  }
  if (flush_next_ < table_.used_end() || !room_aside(2)) return true;
  if ((untracked_.flags & FlowEntry::dirty) != 0) publish(untracked_, Delta::kUntracked);
  report_ = pending_;
  report_.smeared = smeared_;
  report_.flows = table_.size();
  out(Delta::Kind::epoch_end, 0).epoch = epoch_;
  flush_next_ = 0;
  put_off_ = 0;
  producers_done_ = 0;
  send();
  reporter_.wake();
  return out_count_ != 0;
}

void Shard::publish(FlowEntry& entry, uint32_t number) {
  Delta& delta = out(Delta::Kind::traffic, number);
  delta.flags =
      static_cast<uint8_t>(((entry.flags & FlowEntry::smeared) != 0 ? Delta::smeared : 0) |
                           ((entry.first & 1) != 0 ? Delta::first_high : 0));
  delta.tcp_flags = entry.tcp_flags;
  delta.traffic = {entry.second,
                   entry.first >> 1,
                   entry.last_ns,
                   {entry.counts[0], entry.counts[1]},
                   entry.handshake};
  entry.counts[0] = entry.counts[1] = SlotCounts{};
  entry.tcp_flags = 0;
  entry.handshake = 0;
  entry.flags &= static_cast<uint8_t>(~(FlowEntry::dirty | FlowEntry::smeared));
}

/// The next delta of the bulk being filled; room() has said that there is one.
Delta& Shard::out(Delta::Kind kind, uint32_t number) {
  assert(out_count_ < kOutBatch);
  Delta& delta = out_[out_count_++];
  delta = Delta{};
  delta.kind = kind;
  delta.entry = number;
  return delta;
}

/// Whether so many deltas can be told now. A lossless source waits until they can.
bool Shard::room(uint32_t deltas) {
  if (out_count_ + deltas <= kOutBatch || send()) return true;
  if (!config_.lossless) return false;
  wait_for_room(deltas);
  return true;
}

/// The same for the end of an epoch, which is tried again: as long as its patience lasts it leaves
/// half of the ring to the packets.
bool Shard::room_aside(uint32_t deltas) {
  if (out_count_ + deltas > kOutBatch && ring_.waiting() > ring_.depth() / 2 &&
      put_off_ < config_.patience) {
    ++put_off_;
    return false;
  }
  return room(deltas);
}

void Shard::wait_for_room(uint32_t deltas) {
  while (out_count_ + deltas > kOutBatch && !send()) {
    reporter_.wake();
    sched_yield();
  }
}

bool Shard::send() {
  if (out_count_ == 0) return true;
  if (!ring_.put(0, out_.data(), out_count_)) {
    reporter_.wake();
    return false;
  }
  out_count_ = 0;
  if (wants_reporter()) reporter_.wake();
  return true;
}

}  // namespace weir
