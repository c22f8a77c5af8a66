#include "backends/pcap_live/pcap_queue.h"

#include <net/if.h>
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "backends/interfaces/frame_side.h"
#include "backends/pcap_live/libpcap_devices.h"
#include "engine/core/clock.h"

namespace weir::backends {
namespace {

constexpr uint32_t kMostBatch = 4096;
constexpr size_t kArenaBytes = size_t{16} << 20;
/// libpcap puts a cooked header or a VLAN tag before the packet, beyond the snapshot length.
constexpr uint32_t kHeaderRoom = 64;
/// After a failure packets may lie in a block that the kernel has yet to show; several times that.
constexpr uint64_t kDrainNs = 5 * PcapQueue::kBlockTimeoutMs * kNsPerMs;

}  // namespace

PcapQueue::PcapQueue(PcapHandle handle, std::string interface, uint32_t snaplen,
                     std::shared_ptr<const std::atomic<MacNumber>> mac)
    : handle_(std::move(handle)),
      interface_(std::move(interface)),
      link_type_(static_cast<LinkType>(pcap_datalink(handle_.get()))),
      mac_(std::move(mac)),
      ns_per_tick_(pcap_get_tstamp_precision(handle_.get()) == PCAP_TSTAMP_PRECISION_NANO ? 1
                                                                                          : 1000),
      of_kernel_(!is_of_libpcap(interface_)),
      packet_bytes_(snaplen + kHeaderRoom),
      wait_fd_(pcap_get_selectable_fd(handle_.get())),
      arena_(std::max<size_t>(kArenaBytes, packet_bytes_)),
      views_(kMostBatch),
      empty_at_ns_(SystemClock().monotonic_ns()),
      nic_losses_(if_nametoindex(interface_.c_str())) {}

PcapQueue::~PcapQueue() = default;

void PcapQueue::keep(u_char* self, const pcap_pkthdr* header, const u_char* bytes) noexcept {
  // The pointer that fill() passed through libpcap, which knows no other type for it.
  PcapQueue& queue = *reinterpret_cast<PcapQueue*>(self);
  const uint32_t cap_len = std::min(header->caplen, queue.packet_bytes_);
  uint8_t* const place = &queue.arena_[queue.arena_used_];
  std::memcpy(place, bytes, cap_len);
  queue.arena_used_ += cap_len;
  PacketView& view = queue.views_[queue.count_++];
  view.data = place;
  view.ts_ns = static_cast<uint64_t>(header->ts.tv_sec) * kNsPerSecond +
               static_cast<uint64_t>(header->ts.tv_usec) * queue.ns_per_tick_;
  view.cap_len = cap_len;
  view.wire_len = header->len;
  view.set_link(queue.link_type_, queue.side_of(place, cap_len));
}

LinkSide PcapQueue::side_of(const uint8_t* frame, uint32_t cap_len) const noexcept {
  switch (link_type_) {
    case LinkType::en10mb:
      return side_of_ethernet(frame, cap_len, mac_->load(std::memory_order_relaxed));
    case LinkType::linux_sll:
    case LinkType::linux_sll2: return side_of_cooked(link_type_, frame, cap_len);
    default: return LinkSide::unknown;
  }
}

/// libpcap reads nflog and nfqueue with recv(2) and takes "nothing now" of a non-blocking socket
/// for a failure (libpcap 1.10.3, pcap-netfilter-linux.c). So the descriptor is asked first, unless
/// libpcap may still hold packets of the message that it read last.
bool PcapQueue::is_readable() const noexcept {
  if (of_kernel_ || interface_ == "any" || holds_more_ || wait_fd_ < 0) return true;
  pollfd file{wait_fd_, POLLIN, 0};
  return ::poll(&file, 1, 0) != 0;
}

/// Asks for as many packets as fit were all of them of the greatest size, until the batch is full
/// or libpcap has no more.
void PcapQueue::fill(uint32_t max_packets) {
  count_ = 0;
  arena_used_ = 0;
  while (count_ < max_packets) {
    const size_t fit = (arena_.size() - arena_used_) / packet_bytes_;
    const auto ask = static_cast<int>(std::min<size_t>(fit, max_packets - count_));
    if (ask == 0) return;
    if (!is_readable()) return;
    const int got =
        pcap_dispatch(handle_.get(), ask, &PcapQueue::keep, reinterpret_cast<u_char*>(this));
    holds_more_ = got == ask;
    if (got > 0) continue;
    if (got < 0) remember_failure();
    return;
  }
}

void PcapQueue::remember_failure() {
  if (failure_) return;
  const bool gone = of_kernel_ && is_of_libpcap(interface_);
  const std::string text = pcap_geterr(handle_.get());
  const bool disappeared = gone || text.find("disappeared") != std::string::npos;
  failure_ = Status{disappeared ? Code::device_gone : Code::io, Recovery::restart_backend, 0,
                    interface_, disappeared ? "the interface disappeared" : text};
  fail_at_ns_ = SystemClock().monotonic_ns() + kDrainNs;
}

Result<PacketBatch> PcapQueue::receive(uint32_t max_packets) {
  if (leased_ || max_packets == 0) return PacketBatch::none();
  fill(std::min(max_packets, kMostBatch));
  if (count_ != 0) {
    last_packet_ns_ = views_[count_ - 1].ts_ns;
    leased_ = true;
    return PacketBatch({views_.data(), count_}, *this, 0);
  }
  // libpcap reports the failure first and has more packets on later calls.
  if (failure_ && SystemClock().monotonic_ns() >= fail_at_ns_) {
    // libpcap looks after the interface only when there is no packet.
    failure_->worked_ns = std::max(empty_at_ns_, monotonic_of(last_packet_ns_));
    return fail(*failure_);
  }
  if (!failure_) empty_at_ns_ = SystemClock().monotonic_ns();
  return PacketBatch::none();
}

/// The interface's own losses are not taken from libpcap: it has them only in promiscuous mode and
/// from /sys, and when the interface goes its counter falls below zero.
DropCounts PcapQueue::drops() noexcept {
  pcap_stat stats{};
  if (pcap_stats(handle_.get(), &stats) == 0) {
    drops_.kernel =
        drops_.kernel.value_or(0) + (stats.ps_drop - std::exchange(last_kernel_, stats.ps_drop));
  }
  drops_.nic = nic_losses_.count();
  return drops_;
}

}  // namespace weir::backends
