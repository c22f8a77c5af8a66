#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/uint128.h"
#include "engine/pipeline/make_update.h"
#include "engine/pipeline/snapshot.h"
#include "tests/support/scripted_backend.h"

namespace weir::testing {

/// What the engine is to compute, written down as straight as it can be: one thread, ordinary
/// containers, every packet kept under its second. It shares with the engine only the parser and
/// the choice of key, which have tests of their own.
class Model {
 public:
  struct Config {
    uint64_t timeout_ns = 0;
    size_t capacity = SIZE_MAX;   ///< flows at once
    std::vector<IpPrefix> local;  ///< `-F`, `-G`
  };

  explicit Model(Config config) : config_(std::move(config)) {
    flows_.emplace_back();  // what found no room
  }

  void add_capture(const std::vector<ScriptedPacket>& packets) {
    PacketCounts counts;
    for (const ScriptedPacket& packet : packets) add(packet, counts);
    captures_.push_back(counts);
  }

  Snapshot final_snapshot() const {
    Model shown = *this;
    shown.orient();
    return shown.snapshot();
  }

 private:
  Snapshot snapshot() const {
    Snapshot snapshot;
    snapshot.final = true;
    PacketCounts& all = snapshot.accounting.packets;
    for (const PacketCounts& counts : captures_) {
      CaptureSummary summary;
      summary.name = "script";
      summary.packets = counts;
      all += counts;
      snapshot.captures.push_back(std::move(summary));
    }
    snapshot.accounting.tracked = tracked_;
    snapshot.accounting.untracked = untracked_;
    const uint64_t now_ns = all.last_ns;
    const uint64_t start_ns = std::min(all.first_ns, now_ns);
    snapshot.time_ns = now_ns;
    snapshot.elapsed_ns = now_ns - start_ns;
    std::vector<Shown> shown = show_all(start_ns, now_ns);
    for (const Shown& flow : shown) {
      add(snapshot.sent, flow.row.sent);
      add(snapshot.received, flow.row.received);
    }
    fill_totals(snapshot, shown, start_ns, now_ns);
    list(snapshot, std::move(shown), now_ns);
    return snapshot;
  }

  /// The packets of one flow in one second.
  struct Second {
    uint64_t first_ns = UINT64_MAX;
    uint64_t last_ns = 0;
    uint64_t packets = 0;
    uint64_t bytes[2] = {0, 0};  ///< from the low, from the high endpoint
  };
  struct Flow {
    FlowRow row;
    std::map<uint64_t, Second> seconds;
    uint64_t seen_second = 0;
    bool open = true;
    bool high = false;  ///< the high endpoint is the local side
    /// Nothing but who spoke first decides, and the best evidence of it: a SYN is better than a
    /// SYN-ACK, which is better than any other packet, and then the earlier and the lower is.
    bool by_speech = false;
    std::tuple<int, uint64_t, bool> spoke{3, 0, false};
  };
  /// A flow with the bytes of each window, [window][sent, received].
  struct Shown {
    FlowRow row;
    uint64_t window[3][2] = {};
    size_t flow = 0;
  };
  using KeyBytes = std::array<uint8_t, sizeof(FlowKey)>;

  static constexpr uint64_t kMostBytes = (uint64_t{1} << 31) - 1;
  static constexpr uint64_t kWindows[3] = {2, 10, 40};

  void add(const ScriptedPacket& packet, PacketCounts& counts) {
    PacketView view;
    view.data = packet.bytes.data();
    view.cap_len = static_cast<uint32_t>(packet.bytes.size());
    view.wire_len = packet.wire_len != 0 ? packet.wire_len : view.cap_len;
    view.ts_ns = packet.ts_ns;
    parsers::ParsedPacket parsed;
    parsers::parse(view, {}, parsed);
    ++counts.received;
    ++counts.verdicts[static_cast<size_t>(parsed.verdict)];
    ++counts.reasons[static_cast<size_t>(parsed.reason)];
    counts.wire_bytes += view.wire_len;
    counts.first_ns = std::min(counts.first_ns, view.ts_ns);
    counts.last_ns = std::max(counts.last_ns, view.ts_ns);
    if (names_ether_type(parsed.reason)) {
      counts.ether_types.add(parsed.ether_type(), {1, view.wire_len});
    }
    if (parsed.verdict != Verdict::parsed) return;
    counts.ip_bytes += parsed.ip_bytes;
    FlowUpdate update;
    make_update(view, parsed, false, 0, update);
    const uint64_t second = view.ts_ns / kNsPerSecond;
    now_second_ = std::max(now_second_, second);
    Flow& flow = flow_of(update);
    const bool from_high = update.has(FlowUpdate::from_high);
    if (flow.by_speech) flow.spoke = std::min(flow.spoke, evidence_of(update));
    // What found no room is of many flows: each packet's sides are its own.
    const size_t at =
        &flow == &flows_[0] ? from_high != local_end(update.flow.key()).value_or(false) : from_high;
    Traffic& side = at == 0 ? flow.row.sent : flow.row.received;
    side.packets += 1;
    side.ip_bytes += std::min<uint64_t>(update.ip_bytes, kMostBytes);
    side.wire_bytes += std::min<uint64_t>(update.wire_bytes, kMostBytes);
    flow.row.tcp_flags |= update.tcp_flags;
    flow.row.first_ns = std::min(flow.row.first_ns, view.ts_ns);
    flow.row.last_ns = std::max(flow.row.last_ns, view.ts_ns);
    flow.seen_second = std::max(flow.seen_second, second);
    Second& slot = flow.seconds[second];
    slot.first_ns = std::min(slot.first_ns, view.ts_ns);
    slot.last_ns = std::max(slot.last_ns, view.ts_ns);
    ++slot.packets;
    slot.bytes[at] += std::min<uint64_t>(update.ip_bytes, kMostBytes);
  }

  /// Rules 1 and 5 of docs/architecture.md, "Direction": true when the high endpoint is the local
  /// side. The scripted captures have neither addresses nor a link that tells anything.
  std::optional<bool> local_end(const FlowKey& key) const {
    static const std::vector<IpPrefix> kPrivate{{{10}, 4, 8},        {{172, 16}, 4, 12},
                                                {{192, 168}, 4, 16}, {{169, 254}, 4, 16},
                                                {{0xfc}, 6, 7},      {{0xfe, 0x80}, 6, 10}};
    for (const std::vector<IpPrefix>* networks : {&config_.local, &kPrivate}) {
      const bool low = contains_any(*networks, key.ip_version, key.low_addr);
      const bool high = contains_any(*networks, key.ip_version, key.high_addr);
      if (low != high) return high;
    }
    return std::nullopt;
  }

  /// Rule 6: how good the evidence is, when it was, and whether the high endpoint spoke.
  static std::tuple<int, uint64_t, bool> evidence_of(const FlowUpdate& update) {
    constexpr uint8_t kSyn = 2;
    constexpr uint8_t kAck = 16;
    const bool from_high = update.has(FlowUpdate::from_high);
    if ((update.tcp_flags & kSyn) == 0) return {2, update.ts_ns, from_high};
    const bool answer = (update.tcp_flags & kAck) != 0;
    return {answer ? 1 : 0, update.ts_ns, from_high != answer};
  }

  /// Until now "sent" was from the low endpoint.
  void orient() {
    for (Flow& flow : flows_) {
      flow.row.shown_high = flow.by_speech ? std::get<bool>(flow.spoke) : flow.high;
      if (!flow.row.shown_high) continue;
      std::swap(flow.row.sent, flow.row.received);
      for (auto& [second, slot] : flow.seconds) std::swap(slot.bytes[0], slot.bytes[1]);
    }
  }

  bool idle(const Flow& flow, uint64_t now_second) const {
    const uint64_t timeout = (config_.timeout_ns + kNsPerSecond - 1) / kNsPerSecond;
    return timeout != 0 && flow.seen_second + timeout < now_second;
  }

  Flow& flow_of(const FlowUpdate& update) {
    KeyBytes key;
    const FlowKey flow_key = update.flow.key();
    std::memcpy(key.data(), &flow_key, sizeof flow_key);
    const auto close_if_idle = [&](auto at) {
      if (!idle(flows_[at->second], now_second_)) return false;
      flows_[at->second].open = false;
      return true;
    };
    auto at = open_.find(key);
    // A packet that is out of order does not end its flow.
    if (at != open_.end() && update.ts_ns / kNsPerSecond > flows_[at->second].seen_second &&
        close_if_idle(at)) {
      open_.erase(at);
      at = open_.end();
    }
    // A full table is looked through at most once a second.
    if (at == open_.end() && open_.size() == config_.capacity && swept_second_ != now_second_) {
      swept_second_ = now_second_;
      std::erase_if(open_, [&](auto& entry) { return close_if_idle(&entry); });
    }
    if (at == open_.end() && open_.size() == config_.capacity) {
      ++untracked_;
      return flows_[0];
    }
    ++tracked_;
    if (at != open_.end()) return flows_[at->second];
    open_[key] = flows_.size();
    Flow& flow = flows_.emplace_back();
    flow.row.key = flow_key;
    flow.row.first_ns = UINT64_MAX;
    const std::optional<bool> high = local_end(flow_key);
    flow.high = high.value_or(false);
    flow.by_speech = !high;
    return flow;
  }

  /// The part of a second's bytes that lies in the window after `begin_ns`: all, or, with n packets
  /// spread evenly, one packet for each of the n - 1 gaps in it.
  static uint64_t share(const Second& slot, uint64_t bytes, uint64_t begin_ns) {
    if (slot.first_ns > begin_ns) return bytes;
    if (slot.last_ns <= begin_ns) return 0;
    return static_cast<uint64_t>(
        static_cast<uint128_t>(bytes) * (slot.packets - 1) * (slot.last_ns - begin_ns) /
        (static_cast<uint128_t>(slot.last_ns - slot.first_ns) * slot.packets));
  }

  static uint64_t rate(uint64_t bytes, uint64_t covered_ns, uint64_t seconds) {
    const uint64_t length_ns = std::min(covered_ns, seconds * kNsPerSecond);
    if (length_ns == 0) return 0;
    return static_cast<uint64_t>(static_cast<uint128_t>(bytes) * 8 * kNsPerSecond / length_ns);
  }

  static void set_rates(Traffic& traffic, const uint64_t (&bytes)[3], uint64_t covered_ns) {
    traffic.rate_2s = rate(bytes[0], covered_ns, 2);
    traffic.rate_10s = rate(bytes[1], covered_ns, 10);
    traffic.rate_40s = rate(bytes[2], covered_ns, 40);
    if (covered_ns >= 2 * kNsPerSecond) {
      traffic.rate_peak = std::max(traffic.rate_peak, traffic.rate_2s);
    }
  }

  std::vector<Shown> show_all(uint64_t start_ns, uint64_t now_ns) const {
    std::vector<Shown> all;
    const uint64_t covered_ns = now_ns - start_ns;
    for (size_t i = 0; i < flows_.size(); ++i) {
      Shown shown;
      shown.row = flows_[i].row;
      shown.flow = i;
      for (const auto& [second, slot] : flows_[i].seconds) {
        for (size_t w = 0; w < 3; ++w) {
          const uint64_t length_ns = kWindows[w] * kNsPerSecond;
          const bool whole = covered_ns <= length_ns;
          for (size_t side = 0; side < 2; ++side) {
            shown.window[w][side] +=
                whole ? slot.bytes[side] : share(slot, slot.bytes[side], now_ns - length_ns);
          }
        }
        shown.row.sent.rate_peak = std::max(shown.row.sent.rate_peak, slot.bytes[0] * 8);
        shown.row.received.rate_peak = std::max(shown.row.received.rate_peak, slot.bytes[1] * 8);
      }
      const auto& w = shown.window;
      set_rates(shown.row.sent, {w[0][0], w[1][0], w[2][0]}, covered_ns);
      set_rates(shown.row.received, {w[0][1], w[1][1], w[2][1]}, covered_ns);
      all.push_back(shown);
    }
    return all;
  }

  static void add(Traffic& sum, const Traffic& more) {
    sum.packets += more.packets;
    sum.ip_bytes += more.ip_bytes;
    sum.wire_bytes += more.wire_bytes;
  }

  void fill_totals(Snapshot& snapshot, const std::vector<Shown>& shown, uint64_t start_ns,
                   uint64_t now_ns) const {
    uint64_t window[3][3] = {};  // [sent, received, both][window]
    for (const Shown& flow : shown) {
      for (size_t w = 0; w < 3; ++w) {
        window[0][w] += flow.window[w][0];
        window[1][w] += flow.window[w][1];
        window[2][w] += flow.window[w][0] + flow.window[w][1];
      }
    }
    add(snapshot.both, snapshot.sent);
    add(snapshot.both, snapshot.received);
    Traffic* totals[3] = {&snapshot.sent, &snapshot.received, &snapshot.both};
    for (size_t i = 0; i < 3; ++i) set_rates(*totals[i], window[i], now_ns - start_ns);
    std::map<uint64_t, Second> seconds;
    for (const Flow& flow : flows_) {
      for (const auto& [second, slot] : flow.seconds) {
        seconds[second].bytes[0] += slot.bytes[0];
        seconds[second].bytes[1] += slot.bytes[1];
      }
    }
    for (const auto& [second, slot] : seconds) {
      const uint64_t bytes[3] = {slot.bytes[0], slot.bytes[1], slot.bytes[0] + slot.bytes[1]};
      for (size_t i = 0; i < 3; ++i) {
        totals[i]->rate_peak = std::max(totals[i]->rate_peak, bytes[i] * 8);
      }
    }
  }

  /// A packet of no flow moves the snapshot's time as well, and with it what is idle.
  void list(Snapshot& snapshot, std::vector<Shown> shown, uint64_t now_ns) const {
    std::erase_if(shown, [&](const Shown& one) {
      const Flow& flow = flows_[one.flow];
      if (one.flow == 0) return true;
      const bool gone = !flow.open || idle(flow, now_ns / kNsPerSecond);
      snapshot.expired_flows += gone ? 1 : 0;
      return gone;
    });
    std::sort(shown.begin(), shown.end(), [](const Shown& a, const Shown& b) {
      const uint64_t rate_a = a.window[1][0] + a.window[1][1];
      const uint64_t rate_b = b.window[1][0] + b.window[1][1];
      if (rate_a != rate_b) return rate_a > rate_b;
      const uint64_t bytes_a = a.row.sent.ip_bytes + a.row.received.ip_bytes;
      const uint64_t bytes_b = b.row.sent.ip_bytes + b.row.received.ip_bytes;
      if (bytes_a != bytes_b) return bytes_a > bytes_b;
      return std::memcmp(&a.row.key, &b.row.key, sizeof a.row.key) < 0;
    });
    snapshot.flow_count = shown.size();
    for (const Shown& flow : shown) snapshot.flows.push_back(flow.row);
  }

  const Config config_;
  std::vector<PacketCounts> captures_;
  std::vector<Flow> flows_;
  std::map<KeyBytes, size_t> open_;
  uint64_t now_second_ = 0;
  uint64_t swept_second_ = 0;
  uint64_t tracked_ = 0;
  uint64_t untracked_ = 0;
};

}  // namespace weir::testing
