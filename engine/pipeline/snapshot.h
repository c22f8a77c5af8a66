#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/counters.h"
#include "engine/core/flow_key.h"
#include "engine/core/packet.h"

namespace weir {

/// One direction's totals and rates. Rates are bits of IP per second: true means over the last 2,
/// 10 and 40 seconds of packet time (over the time covered, while that is shorter), and the peak:
/// the busiest one-second slot, the last one included, and never less than the 2-second mean once
/// that covers two seconds.
struct Traffic {
  uint64_t packets = 0;
  uint64_t ip_bytes = 0;
  uint64_t wire_bytes = 0;
  uint64_t rate_2s = 0;
  uint64_t rate_10s = 0;
  uint64_t rate_40s = 0;
  uint64_t rate_peak = 0;
};

/// One biflow. The side shown first is the local one (see FlowUpdate::shown_high); "sent" is from
/// it.
struct FlowRow {
  FlowKey key;
  bool shown_high = false;  ///< the key's high endpoint is shown first
  uint8_t tcp_flags = 0;    ///< union over all packets of both directions
  Traffic sent;
  Traffic received;
  uint64_t first_ns = 0;
  uint64_t last_ns = 0;

  const IpBytes& src_addr() const noexcept { return shown_high ? key.high_addr : key.low_addr; }
  const IpBytes& dst_addr() const noexcept { return shown_high ? key.low_addr : key.high_addr; }
  uint16_t src_port() const noexcept { return shown_high ? key.high_port : key.low_port; }
  uint16_t dst_port() const noexcept { return shown_high ? key.low_port : key.high_port; }
};

/// Flows that have something in common, added up over all flows, listed or not: see GroupQuery.
/// "Sent" is what the group sent. Flows that expired stay in it until their windows have passed.
struct GroupRow {
  FlowKey group;       ///< GroupMember::group
  uint64_t flows = 0;  ///< live ones
  /// rate_peak: the busiest of the last 41 seconds; of those before, no less than the peak of any
  /// one flow of the group.
  Traffic sent;
  Traffic received;
  uint64_t first_ns = 0;
  uint64_t last_ns = 0;
};

struct GroupTable {
  uint64_t group_count = 0;    ///< listed or not
  std::vector<GroupRow> rows;  ///< sorted and cut as asked
  bool left_out = false;       ///< GroupQuery::most_flows were exceeded
};

/// What a table of flows or groups is sorted by, descending for numbers, ascending for addresses
/// (iftop's -o). Ties are broken by cumulative bytes and then by key, so that the order is total.
enum class FlowOrder : uint8_t {
  rate_2s,
  rate_10s,
  rate_40s,
  source,       ///< of a group: its low address, then ports
  destination,  ///< of a group: its high address, then ports
  bytes,        ///< sent and received
  packets,
  peak,      ///< busiest second sent and busiest second received, added up
  duration,  ///< from first to last packet
  sent,      ///< IP bytes sent, whatever OrderSide says
  received,  ///< IP bytes received
  flows,     ///< live flows of a group; a flow is one
  protocol,  ///< by its number, the lowest first
};

/// Which directions rates, bytes, packets and peaks are ranked by. A group's own directions count.
enum class OrderSide : uint8_t { both, sent, received };

/// The law of conservation's terms, for one capture or for all of them.
struct Accounting {
  PacketCounts packets;
  uint64_t tracked = 0;                    ///< packets counted in a flow
  uint64_t untracked = 0;                  ///< packets of flows that found the table full
  uint64_t subframes_tracked = 0;          ///< PacketCounts::subframes counted in a flow
  uint64_t subframes_untracked = 0;        ///< of flows that found the table full
  std::optional<uint64_t> dropped_kernel;  ///< empty: the source cannot know
  std::optional<uint64_t> dropped_nic;
  uint64_t dropped_partly_known = 0;  ///< DropCounts::partly_known
  uint64_t restarts = 0;

  uint64_t parsed() const noexcept { return packets.of(Verdict::parsed); }
  /// received = parsed + non_ip + malformed + short_capture + unsupported, and
  /// parsed = tracked + untracked + dropped_queue. The further frames of aggregates have a law of
  /// their own: subframes = subframes_tracked + subframes_untracked + subframes_dropped +
  /// subframes_unread. The packets of all flows are tracked + subframes_tracked.
  bool conserved() const noexcept {
    uint64_t judged = 0;
    for (const uint64_t count : packets.verdicts) judged += count;
    uint64_t subframes = 0;
    for (const uint64_t count : packets.subframe_verdicts) subframes += count;
    return packets.received == judged && parsed() == tracked + untracked + packets.dropped_queue &&
           packets.subframes == subframes &&
           packets.subframes == subframes_tracked + subframes_untracked +
                                    packets.subframes_dropped + packets.subframes_unread();
  }
  /// Known losses: dropped_nic + dropped_kernel + dropped_queue. A lower bound unless
  /// missed_is_complete(). A file may say anything, so the sum stops at what 64 bits hold.
  uint64_t missed() const noexcept {
    uint64_t sum = packets.dropped_queue;
    for (const uint64_t part :
         {dropped_nic.value_or(0), dropped_kernel.value_or(0), dropped_partly_known}) {
      if (__builtin_add_overflow(sum, part, &sum)) return UINT64_MAX;
    }
    return sum;
  }
  bool missed_is_complete() const noexcept {
    return dropped_nic.has_value() && dropped_kernel.has_value();
  }
};

/// Something that happened to a capture, told to every sink once, when it happens.
struct Event {
  enum class Kind : uint8_t {
    restart,  ///< the capture failed or could not be reopened; the next attempt is after wait_ms
    resumed,  ///< it works again
    damaged,  ///< input that is cut or garbled, see reason
    other_format,  ///< input that is no capture weir reads, see reason
    note,          ///< what a backend chose or could not have
    alert,         ///< a threshold of the user's was exceeded, or no longer is: see `raised`
  };
  Kind kind = Kind::note;
  std::string capture;   ///< CaptureInfo::name
  std::string reason;    ///< one sentence
  uint64_t time_ns = 0;  ///< real time
  uint32_t attempt = 0;  ///< restart: 1, 2, ... since the capture last worked
  uint64_t wait_ms = 0;  ///< restart: the wait before the next attempt
  uint64_t gap_ns = 0;   ///< resumed: real time without capture
  std::string alert{};   ///< alert: its name
  bool raised = false;   ///< alert: exceeded
  bool bell = false;     ///< alert: a terminal shall ring
  uint64_t rate = 0;     ///< alert: bits (or packets) per second
  uint64_t over = 0;     ///< alert: what it is compared with
};

std::string_view to_string(Event::Kind kind) noexcept;

/// One capture's line in a snapshot.
struct CaptureSummary {
  enum class State : uint8_t { running, waiting, ended, failed };
  std::string backend;
  std::string name;
  LinkType link_type = LinkType::en10mb;
  uint32_t queues = 1;
  State state = State::running;
  PacketCounts packets;
  std::optional<uint64_t> dropped_kernel;
  std::optional<uint64_t> dropped_nic;
  uint64_t dropped_partly_known = 0;
  uint64_t restarts = 0;
  uint64_t gap_ns = 0;  ///< real time without capture, in all
};

std::string_view to_string(CaptureSummary::State state) noexcept;

/// One receive queue of a capture.
struct QueueSummary {
  uint32_t capture = 0;  ///< index into Snapshot::captures
  uint32_t queue = 0;    ///< of that capture
  uint32_t worker = 0;   ///< which worker reads it
  PacketCounts packets;
  std::optional<uint64_t> dropped_kernel;
  std::optional<uint64_t> dropped_nic;
};

/// One worker and its shard.
struct WorkerSummary {
  std::vector<int> cpus;       ///< that it may run on; empty: any
  uint64_t flows = 0;          ///< in its table
  uint64_t flow_capacity = 0;  ///< of its table
  uint64_t tracked = 0;
  uint64_t untracked = 0;
  uint64_t cpu_ns = 0;  ///< CPU time of the thread so far; one that spins uses all there is
};

/// IP bytes of all flows within one second of packet time.
struct SecondBytes {
  uint32_t second = 0;  ///< since the epoch
  uint64_t sent = 0;
  uint64_t received = 0;
};

/// Everything a sink may show, at one moment of packet time. Built by the reporter thread once a
/// tick and immutable from then on; every sink reads the same one.
struct Snapshot {
  bool final = false;
  uint64_t time_ns = 0;     ///< packet time; live, the later of packet time and the host's clock
  uint64_t elapsed_ns = 0;  ///< time covered: from the first packet (live: from start) to time_ns
  uint32_t workers = 1;
  bool direct = true;  ///< every worker is its own shard: nothing went through shard rings
  Accounting accounting;
  std::vector<CaptureSummary> captures;
  uint64_t flow_count = 0;      ///< live flows, listed or not
  uint64_t expired_flows = 0;   ///< flows that were idle for the flow time-out
  uint64_t law_violations = 0;  ///< snapshots so far in which the law of conservation did not hold
  /// Packets that came so late that other packets of their second had been forgotten: a peak may be
  /// too low by those.
  uint64_t late_packets = 0;
  Traffic sent;
  Traffic received;
  Traffic both;
  std::vector<FlowRow> flows;  ///< sorted and cut as asked

  // What FlowQuery asked for beyond the list of flows.
  uint64_t query = 0;                  ///< FlowQuery::number
  uint64_t shown_flows = 0;            ///< live flows that FlowQuery::filter shows; listed or not
  std::vector<GroupTable> groups;      ///< in the order of FlowQuery::groups
  std::vector<QueueSummary> queues;    ///< of all captures
  std::vector<WorkerSummary> threads;  ///< by worker
  uint64_t monotonic_ns = 0;           ///< the clock that WorkerSummary::cpu_ns is of
  std::vector<SecondBytes> seconds;  ///< about the last 41, oldest first, the current one included
};

}  // namespace weir
