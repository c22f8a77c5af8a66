#include "backends/dpdk/port.h"

#include <net/if.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <utility>

#include "backends/dpdk/eal.h"
#include "backends/dpdk/receive_side_scaling.h"

namespace weir::backends {
namespace {

constexpr uint16_t kJumboMtu = 9216;
constexpr uint32_t kDataBytes = 2048;
constexpr uint32_t kSmallPage = 4096;
constexpr uint32_t kFrameBeyondMtu = 64;  // Ethernet, tags, FCS, and what aligns it

/// Of a port whose device goes, or that wants to be started anew.
int on_event(uint16_t /*port*/, rte_eth_event_type event, void* context, void* /*result*/) {
  auto& trouble = *static_cast<PortTrouble*>(context);
  trouble.kind.store(event == RTE_ETH_EVENT_INTR_RMV ? PortTrouble::Kind::removed
                                                     : PortTrouble::Kind::reset);
  return 0;
}

std::string mib_text(uint64_t bytes) {
  return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

}  // namespace

Status Port::failure(const std::string& what, int error) const {
  const int positive = error < 0 ? -error : error;
  return {Code::io, Recovery::restart_backend, positive, attached_.device,
          what + ": " + first_eal_error(rte_strerror(positive))};
}

Result<std::unique_ptr<Port>> Port::open(const std::string& name, const std::string& arguments,
                                         const CaptureOptions& options) {
  Result<AttachedPort> attached = attach_port(name, arguments);
  if (!attached) return fail(attached.error());
  std::unique_ptr<Port> port(new Port(std::move(*attached)));
  (void)take_eal_errors();  // of attempts that are over
  if (const Result<void> done = port->choose_queues(options); !done) return fail(done.error());
  if (const Result<void> done = port->configure(options); !done) return fail(done.error());
  if (const Result<void> done = port->make_memory(options); !done) return fail(done.error());
  if (const Result<void> done = port->make_queues(); !done) return fail(done.error());
  if (const Result<void> done = port->start(options); !done) return fail(done.error());
  return port;
}

Port::~Port() {
  rte_eth_dev_callback_unregister(attached_.id, RTE_ETH_EVENT_INTR_RMV, on_event, &trouble_);
  rte_eth_dev_callback_unregister(attached_.id, RTE_ETH_EVENT_INTR_RESET, on_event, &trouble_);
  if (started_) rte_eth_dev_stop(attached_.id);
  detach_port(attached_);
  // After the device, which holds mbufs in its rings.
  rte_mempool_free(pool_);
}

/// Those that were named; else as many as can be served, which the port spreads its packets over.
Result<void> Port::choose_queues(const CaptureOptions& options) {
  rte_eth_dev_info info{};
  if (const int error = rte_eth_dev_info_get(attached_.id, &info); error != 0) {
    return fail(failure("the driver does not tell what the port can do", error));
  }
  most_rx_queues_ = std::max<uint32_t>(info.max_rx_queues, 1);
  if (options.queue_list.empty()) {
    rx_queues_.resize(std::clamp<uint32_t>(options.queues, 1, most_rx_queues_));
    std::iota(rx_queues_.begin(), rx_queues_.end(), uint16_t{0});
  } else {
    for (const uint32_t queue : options.queue_list) {
      if (queue >= most_rx_queues_) {
        const std::string last = std::to_string(most_rx_queues_ - 1);
        return fail(Status{Code::usage, Recovery::restart_backend, 0,
                           "--queues " + std::to_string(queue),
                           attached_.device + " has receive queues 0 to " + last + " at most"});
      }
      rx_queues_.push_back(static_cast<uint16_t>(queue));
    }
    std::sort(rx_queues_.begin(), rx_queues_.end());
    rx_queues_.erase(std::unique(rx_queues_.begin(), rx_queues_.end()), rx_queues_.end());
  }
  configured_ = static_cast<uint16_t>(rx_queues_.back() + 1U);
  return {};
}

Result<void> Port::configure(const CaptureOptions& options) {
  rte_eth_dev_info info{};
  rte_eth_dev_info_get(attached_.id, &info);
  rte_eth_conf conf{};
  uint16_t mtu = RTE_ETHER_MTU;
  rte_eth_dev_get_mtu(attached_.id, &mtu);
  const uint16_t own_mtu = mtu;
  // A monitor must not lose what is longer than the usual. A virtual device has the MTU of what it
  // is made of, and setting it would change that.
  if (!attached_.is_virtual) mtu = std::max(mtu, std::min(info.max_mtu, kJumboMtu));
  conf.rxmode.mtu = mtu;
  const bool scatter = (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
  if (scatter) conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
  const bool one_piece = !scatter && !attached_.is_virtual;
  data_bytes_ = std::max(kDataBytes, one_piece ? mtu + kFrameBeyondMtu : 0U);
  if (info.min_rx_bufsize != UINT32_MAX) data_bytes_ = std::max(data_bytes_, info.min_rx_bufsize);
  if (options.nic_time && (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP) != 0) {
    conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_TIMESTAMP;
    time_stamps_ = true;
  }
  const Spreading spreading = choose_spreading(info.flow_type_rss_offloads);
  hashes_ = rx_queues_.size() > 1 && spreading.fields != 0;
  if (hashes_) {
    constexpr uint32_t kUsualKey = 40;
    key_ = symmetric_key(info.hash_key_size == 0 ? kUsualKey : info.hash_key_size);
    hashes_addresses_ = spreading.addresses;
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_key = key_.data();
    conf.rx_adv_conf.rss_conf.rss_key_len = static_cast<uint8_t>(key_.size());
    conf.rx_adv_conf.rss_conf.rss_hf = spreading.fields;
  }
  if (info.dev_flags != nullptr && (*info.dev_flags & RTE_ETH_DEV_INTR_RMV) != 0) {
    conf.intr_conf.rmv = 1;
  }
  if (const int error = apply(conf, own_mtu); error != 0) {
    return fail(failure("the port cannot be configured", error));
  }
  (void)take_eal_errors();  // of what was refused and done in another way
  const int node = rte_eth_dev_socket_id(attached_.id);
  numa_node_ = attached_.is_virtual ? -1 : node;
  interface_index_ = info.if_index;
  std::array<char, IF_NAMESIZE> name{};
  if (interface_index_ != 0 && if_indextoname(interface_index_, name.data()) != nullptr) {
    kernel_interface_ = name.data();
  }
  return {};
}

/// Without queues to send where the driver has that, and with jumbo frames where it has those.
int Port::apply(rte_eth_conf& conf, uint16_t own_mtu) {
  const uint16_t queues = configured_;
  int error = 0;
  const uint32_t wanted_mtu = conf.rxmode.mtu;
  for (const uint32_t mtu : {wanted_mtu, uint32_t{own_mtu}}) {
    for (const uint16_t tx_queues : {uint16_t{0}, queues}) {
      conf.rxmode.mtu = mtu;
      tx_queues_ = tx_queues;
      error = rte_eth_dev_configure(attached_.id, queues, tx_queues, &conf);
      if (error != 0) continue;
      if (mtu != wanted_mtu) notes_.emplace_back("no jumbo frames: the driver refuses them");
      return 0;
    }
  }
  return error;
}

/// As much as was asked for, or half of it until there is that much.
Result<void> Port::make_memory(const CaptureOptions& options) {
  rte_eth_dev_info info{};
  rte_eth_dev_info_get(attached_.id, &info);
  const DescriptorLimits limits{info.rx_desc_lim.nb_min, info.rx_desc_lim.nb_max,
                                info.rx_desc_lim.nb_align};
  const uint32_t data_bytes = data_bytes_ + RTE_PKTMBUF_HEADROOM;
  memory_ = packet_memory(options.ring_bytes, configured_, data_bytes,
                          eal_has_no_hugepages() ? kSmallPage : 0, limits);
  const uint64_t wanted = memory_.bytes();
  static std::atomic<uint32_t> made{0};
  const std::string name = "weir" + std::to_string(made.fetch_add(1));
  for (;;) {
    pool_ = rte_pktmbuf_pool_create(name.c_str(), memory_.mbufs, PacketMemory::kCache, 0,
                                    static_cast<uint16_t>(std::min(data_bytes, 65535U)),
                                    rte_eth_dev_socket_id(attached_.id));
    if (pool_ != nullptr || memory_.mbufs <= memory_.least_mbufs) break;
    memory_.mbufs = std::max(memory_.mbufs / 2, memory_.least_mbufs);
  }
  if (pool_ == nullptr) {
    const bool no_huge = eal_has_no_hugepages();
    return fail(Status{Code::io, Recovery::restart_backend, ENOMEM, attached_.device,
                       "no " + mib_text(memory_.bytes()) +
                           (no_huge ? " of memory for packets: a smaller --ring, or more with "
                                      "`--dpdk-args '-m MIB'`"
                                    : " in hugepages for packets: a smaller --ring, or more of "
                                      "them by `sysctl -w vm.nr_hugepages=N`")});
  }
  if (memory_.bytes() < wanted) {
    notes_.push_back("--ring: " + mib_text(memory_.bytes()) + " of " + mib_text(wanted) +
                     " is all there is");
  }
  return {};
}

Result<void> Port::make_queues() {
  auto descriptors = static_cast<uint16_t>(memory_.descriptors);
  uint16_t none = 0;
  rte_eth_dev_adjust_nb_rx_tx_desc(attached_.id, &descriptors, &none);
  const int node = rte_eth_dev_socket_id(attached_.id);
  for (uint16_t queue = 0; queue < configured_; ++queue) {
    const int error = rte_eth_rx_queue_setup(attached_.id, queue, descriptors,
                                             static_cast<unsigned>(node), nullptr, pool_);
    if (error != 0) {
      return fail(failure("receive queue " + std::to_string(queue) + " cannot be set up", error));
    }
  }
  rte_eth_dev_info info{};
  rte_eth_dev_info_get(attached_.id, &info);
  uint16_t tx_descriptors = std::max<uint16_t>(info.tx_desc_lim.nb_min, 64);
  rte_eth_dev_adjust_nb_rx_tx_desc(attached_.id, &none, &tx_descriptors);
  for (uint16_t queue = 0; queue < tx_queues_; ++queue) {
    const int error = rte_eth_tx_queue_setup(attached_.id, queue, tx_descriptors,
                                             static_cast<unsigned>(node), nullptr);
    if (error != 0) {
      return fail(failure("send queue " + std::to_string(queue) + " cannot be set up", error));
    }
  }
  return {};
}

Result<void> Port::start(const CaptureOptions& options) {
  rte_eth_dev_callback_register(attached_.id, RTE_ETH_EVENT_INTR_RMV, on_event, &trouble_);
  rte_eth_dev_callback_register(attached_.id, RTE_ETH_EVENT_INTR_RESET, on_event, &trouble_);
  if (const int error = rte_eth_dev_start(attached_.id); error != 0) {
    return fail(failure("the port does not start", error));
  }
  started_ = true;
  spread();
  if (options.promiscuous) {
    if (const int error = rte_eth_promiscuous_enable(attached_.id); error != 0) {
      notes_.push_back("not promiscuous: " + std::string(rte_strerror(-error)));
    }
  }
  link_ = link_text();
  notes_.push_back(attached_.driver + ", " + std::to_string(rx_queues_.size()) + " of at most " +
                   std::to_string(most_rx_queues_) + " receive queues, each " +
                   std::to_string(memory_.descriptors) + " descriptors; " +
                   mib_text(memory_.bytes()) +
                   (eal_has_no_hugepages() ? " without hugepages" : " in hugepages"));
  return {};
}

/// What is written into the registers is asked for again: a driver may accept a key and keep its
/// own. A virtual device has a hash by name only.
void Port::spread() {
  symmetric_ = rx_queues_.size() == 1;
  if (!hashes_) return;
  rte_eth_dev_info info{};
  rte_eth_dev_info_get(attached_.id, &info);
  if (!redirect_to(attached_.id, info.reta_size, rx_queues_)) {
    notes_.emplace_back("RSS: the driver keeps its own redirection table");
  }
  symmetric_ =
      !attached_.is_virtual && hashes_addresses_ && hashes_symmetrically(attached_.id, key_);
  if (attached_.is_virtual) return;
  notes_.emplace_back(symmetric_ ? "RSS by IP addresses, both directions of a flow on one queue"
                                 : "RSS does not keep both directions of a flow on one queue");
}

std::string Port::link_text() const {
  rte_eth_link link{};
  if (rte_eth_link_get_nowait(attached_.id, &link) != 0) return {};
  if (link.link_status == RTE_ETH_LINK_DOWN) return "the link is down";
  if (link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN) return "the link is up";
  return "the link is up, " + std::to_string(link.link_speed) + " Mbit/s";
}

std::vector<std::string> Port::look() {
  std::vector<std::string> changes;
  std::array<char, IF_NAMESIZE> name{};
  const bool gone = (interface_index_ != 0 && !kernel_interface_.empty() &&
                     if_indextoname(interface_index_, name.data()) == nullptr) ||
                    rte_eth_dev_is_removed(attached_.id) == 1;
  if (gone) {
    auto none = PortTrouble::Kind::none;
    trouble_.kind.compare_exchange_strong(none, PortTrouble::Kind::removed);
    return changes;
  }
  if (std::string now = link_text(); now != link_) {
    link_ = std::move(now);
    if (!link_.empty()) changes.push_back(link_);
  }
  return changes;
}

}  // namespace weir::backends
