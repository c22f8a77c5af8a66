#include "backends/dpdk/dpdk_queue.h"

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_prefetch.h>

#include <algorithm>
#include <utility>

#include "backends/dpdk/eal.h"
#include "backends/dpdk/host_hints.h"
#include "backends/interfaces/frame_side.h"
#include "engine/core/clock.h"

namespace weir::backends {
namespace {

/// What vector drivers hand out at once.
constexpr uint16_t kBurst = 32;
/// A packet whose views are made loads the bytes of the one that is so far behind it.
constexpr uint32_t kAhead = 8;
/// A filter that rejects everything must not keep a worker from the rest of its work.
constexpr int kMostRejected = 4;
/// Another queue of the port that holds packets is not waited for without end.
constexpr uint64_t kMostDrainNs = kNsPerSecond;
constexpr uint16_t kVlanTpid = 0x8100;

}  // namespace

DpdkQueue::DpdkQueue(Config config, PortTrouble& trouble)
    : config_(std::move(config)),
      trouble_(trouble),
      leases_(PacketMemory::kLeases),
      views_(size_t{PacketMemory::kMostBatch} * PacketMemory::kLeases) {
  for (uint32_t i = 0; i < free_count_; ++i) free_leases_[i] = free_count_ - 1 - i;
  if (config_.time_stamps) {
    stamp_offset_ = rte_mbuf_dynfield_lookup(RTE_MBUF_DYNFIELD_TIMESTAMP_NAME, nullptr);
    const int flag = rte_mbuf_dynflag_lookup(RTE_MBUF_DYNFLAG_RX_TIMESTAMP_NAME, nullptr);
    if (stamp_offset_ >= 0 && flag >= 0) stamp_flag_ = 1ULL << flag;
  }
  if (!config_.counts_losses || hides_losses(config_.driver)) return;
  find_more_losses();
  if (const std::optional<Losses> losses = read_losses()) {
    before_ = *losses;
    drops_ = {0, 0};
  }
}

DpdkQueue::~DpdkQueue() = default;

uint32_t DpdkQueue::burst(Lease& lease, uint32_t most) noexcept {
  const uint16_t queue = config_.rx_queues[next_queue_];
  next_queue_ = next_queue_ + 1 == config_.rx_queues.size() ? 0 : next_queue_ + 1;
  uint32_t count = 0;
  while (count < most) {
    const auto room = static_cast<uint16_t>(std::min<uint32_t>(most - count, kBurst));
    const uint16_t got = rte_eth_rx_burst(config_.port, queue, &lease.mbufs[count], room);
    count += got;
    if (got < room) break;
  }
  lease.count = count;
  return count;
}

/// What was taken out of the frame: a filter looks for it inside, in the room before the packet.
void DpdkQueue::put_back_tag(rte_mbuf& mbuf, PacketView& view) const noexcept {
  if (config_.filter && rte_mbuf_refcnt_read(&mbuf) == 1 &&
      rte_pktmbuf_headroom(&mbuf) >= sizeof(rte_vlan_hdr) &&
      mbuf.data_len >= sizeof(rte_ether_hdr)) {
    rte_mbuf* whole = &mbuf;
    if (rte_vlan_insert(&whole) == 0) {
      view.data = rte_pktmbuf_mtod(whole, const uint8_t*);
      view.wire_len = whole->pkt_len;
      view.cap_len = std::min<uint32_t>(whole->data_len, config_.snaplen);
      return;
    }
  }
  view.vlan_tci = mbuf.vlan_tci;
  view.vlan_tpid = kVlanTpid;
  view.wire_len += sizeof(rte_vlan_hdr);
}

/// A clock that is not of the epoch says nothing here: the host's is taken.
uint64_t DpdkQueue::time_of(const rte_mbuf& mbuf, uint64_t now_ns) noexcept {
  constexpr uint64_t kNsPerUs = 1000;
  if ((mbuf.ol_flags & stamp_flag_) == 0) return now_ns;
  const uint64_t stamp = *RTE_MBUF_DYNFIELD(&mbuf, stamp_offset_, const rte_mbuf_timestamp_t*);
  if (!stamp_unit_) stamp_unit_ = stamp_unit(stamp, now_ns);
  switch (*stamp_unit_) {
    case StampUnit::ns: return stamp;
    case StampUnit::us: return stamp * kNsPerUs;
    case StampUnit::unknown: break;
  }
  return now_ns;
}

/// Views of what the filter lets through.
uint32_t DpdkQueue::fill(Lease& lease, PacketView* views) noexcept {
  const uint64_t now_ns = SystemClock().realtime_ns();
  const uint32_t ahead = std::min(lease.count, kAhead);
  for (uint32_t i = 0; i < ahead; ++i) rte_prefetch0(rte_pktmbuf_mtod(lease.mbufs[i], void*));
  uint32_t count = 0;
  for (uint32_t i = 0; i < lease.count; ++i) {
    if (i + kAhead < lease.count) {
      rte_prefetch0(rte_pktmbuf_mtod(lease.mbufs[i + kAhead], void*));
    }
    rte_mbuf& mbuf = *lease.mbufs[i];
    PacketView& view = views[count];
    view.data = rte_pktmbuf_mtod(&mbuf, const uint8_t*);
    view.ts_ns = stamp_flag_ == 0 ? now_ns : time_of(mbuf, now_ns);
    view.cap_len = std::min<uint32_t>(mbuf.data_len, config_.snaplen);
    view.wire_len = mbuf.pkt_len;
    view.set_link(LinkType::en10mb, side_of_ethernet(view.data, view.cap_len, config_.mac));
    if ((mbuf.ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0) [[unlikely]]
      put_back_tag(mbuf, view);
    if (config_.filter && !config_.filter->matches(view)) continue;
    ++count;
  }
  return count;
}

Result<PacketBatch> DpdkQueue::receive(uint32_t max_packets) {
  register_with_eal();
  if (max_packets == 0 || free_count_ == 0) return PacketBatch::none();
  const uint32_t most = std::min(max_packets, PacketMemory::kMostBatch);
  const uint32_t number = free_leases_[free_count_ - 1];
  Lease& lease = leases_[number];
  PacketView* const views = &views_[size_t{number} * PacketMemory::kMostBatch];
  int rejected = 0;
  for (size_t asked = 0; asked < config_.rx_queues.size();) {
    if (burst(lease, most) == 0) {
      ++asked;
      continue;
    }
    const uint32_t count = fill(lease, views);
    if (count != 0) {
      --free_count_;
      return PacketBatch({views, count}, *this, number);
    }
    rte_pktmbuf_free_bulk(lease.mbufs.data(), lease.count);
    if (++rejected == kMostRejected) return PacketBatch::none();
  }
  return nothing();
}

void DpdkQueue::release(uint64_t token) noexcept {
  Lease& lease = leases_[token];
  rte_pktmbuf_free_bulk(lease.mbufs.data(), lease.count);
  free_leases_[free_count_++] = static_cast<uint32_t>(token);
}

/// All receive queues are empty.
Result<PacketBatch> DpdkQueue::nothing() {
  const PortTrouble::Kind kind = trouble_.kind.load(std::memory_order_relaxed);
  if (kind == PortTrouble::Kind::none) [[likely]]
    return PacketBatch::none();
  const uint64_t now_ns = SystemClock().monotonic_ns();
  if (!drained_) {
    drained_ = true;
    drained_at_ns_ = now_ns;
    trouble_.drained.fetch_add(1);
  }
  if (trouble_.drained.load() < config_.queues_of_capture &&
      now_ns - drained_at_ns_ < kMostDrainNs) {
    return PacketBatch::none();
  }
  const bool removed = kind == PortTrouble::Kind::removed;
  return fail(Status{removed ? Code::device_gone : Code::io, Recovery::restart_backend, 0,
                     config_.name,
                     removed ? "the device was removed" : "the driver asks for a reset"});
}

void DpdkQueue::find_more_losses() {
  for (const std::string_view name : more_losses(config_.driver)) {
    uint64_t id = 0;
    if (rte_eth_xstats_get_id_by_name(config_.port, std::string(name).c_str(), &id) == 0) {
      more_losses_.push_back(id);
    }
  }
}

/// Of the whole port. What found no mbuf is the host's loss, all else the card's.
std::optional<DpdkQueue::Losses> DpdkQueue::read_losses() const noexcept {
  rte_eth_stats stats{};
  if (rte_eth_stats_get(config_.port, &stats) != 0) return std::nullopt;
  Losses losses{stats.imissed + stats.ierrors, stats.rx_nombuf};
  for (const uint64_t id : more_losses_) {
    uint64_t value = 0;
    if (rte_eth_xstats_get_by_id(config_.port, &id, &value, 1) == 1) losses.nic += value;
  }
  return losses;
}

DropCounts DpdkQueue::drops() noexcept {
  if (!drops_.nic || trouble_.kind.load(std::memory_order_relaxed) != PortTrouble::Kind::none) {
    return drops_;
  }
  const std::optional<Losses> now = read_losses();
  if (!now) return drops_;
  // Less than before: the driver began anew.
  drops_.nic = *drops_.nic + (now->nic >= before_.nic ? now->nic - before_.nic : now->nic);
  drops_.kernel =
      *drops_.kernel + (now->host >= before_.host ? now->host - before_.host : now->host);
  before_ = *now;
  return drops_;
}

}  // namespace weir::backends
