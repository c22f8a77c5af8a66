#include "backends/dpdk/dpdk.h"

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf_dyn.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "backends/bpf/bpf_filter.h"
#include "backends/dpdk/dpdk_queue.h"
#include "backends/dpdk/eal.h"
#include "backends/dpdk/eal_arguments.h"
#include "backends/dpdk/eal_log.h"
#include "backends/dpdk/port.h"
#include "backends/interfaces/address_watch.h"
#include "engine/core/clock.h"

namespace weir::backends {
namespace {

constexpr uint32_t kMostSnaplen = 262144;
constexpr uint64_t kLookNs = 200 * kNsPerMs;

uint64_t machine_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_bytes <= 0) return UINT64_MAX;
  return static_cast<uint64_t>(pages) * static_cast<uint64_t>(page_bytes);
}

uint64_t eal_memory_bytes(const DpdkOptions& options, const CaptureOptions& capture) {
  const size_t queues =
      capture.queue_list.empty()
          ? capture.queues
          : *std::max_element(capture.queue_list.begin(), capture.queue_list.end()) + size_t{1};
  constexpr size_t kMostQueues = 1024;
  const size_t all = std::min(queues, kMostQueues) * std::max<size_t>(options.ports.size(), 1);
  return process_memory_bytes(capture.ring_bytes, static_cast<uint32_t>(all), machine_bytes());
}

MacNumber mac_of(uint16_t port) noexcept {
  rte_ether_addr address{};
  if (rte_eth_macaddr_get(port, &address) != 0) return 0;
  MacNumber mac = 0;
  for (const uint8_t byte : address.addr_bytes) mac = mac << 8 | byte;
  return mac;
}

}  // namespace

struct Dpdk::Opened {
  // In this order: queues go before their port.
  std::unique_ptr<Port> port;
  std::vector<std::unique_ptr<DpdkQueue>> queues;
  uint64_t looked_at_ns = 0;
  std::optional<AddressWatch> watch;  ///< of the kernel's interface that carries the port
};

Dpdk::Dpdk(std::string port, DpdkOptions options)
    : port_(std::move(port)), options_(std::move(options)) {}
Dpdk::~Dpdk() = default;

std::string Dpdk::name() const {
  return device_name(port_);
}

Result<CaptureInfo> Dpdk::open(const CaptureOptions& options) {
  close();
  std::vector<std::string> filter_notes;
  Result<std::optional<BpfFilter>> filter =
      compile_in_memory(options, LinkType::en10mb, filter_notes);
  if (!filter) return fail(filter.error());
  if (const Result<void> started = start_eal(options_, eal_memory_bytes(options_, options));
      !started) {
    return fail(started.error());
  }
  // Before the driver starts, which looks for it then.
  if (options.nic_time) rte_mbuf_dyn_rx_timestamp_register(nullptr, nullptr);
  std::optional<QuietStreams> quiet;
  if (!opened_before_ && !eal_logs_on_stderr()) quiet.emplace();
  Result<std::unique_ptr<Port>> opened = Port::open(port_, arguments_, options);
  quiet.reset();
  if (!opened) return fail(opened.error());
  Port& port = **opened;
  if (arguments_.empty()) arguments_ = port.attached().arguments;

  auto made = std::make_unique<Opened>();
  CaptureInfo info;
  info.backend = "dpdk";
  info.name = name();
  const auto rx_queues = static_cast<uint32_t>(port.rx_queues().size());
  info.queues = std::clamp(options.queues, 1U, rx_queues);
  info.link_queues = rx_queues;
  info.symmetric = info.queues == 1 || (port.symmetric() && !options.decap);
  info.realtime = !(options.nic_time && port.has_time_stamps());
  if (port.numa_node() >= 0) info.numa_node = port.numa_node();
  if (!port.kernel_interface().empty()) {
    made->watch.emplace(port.kernel_interface());
    info.addresses = made->watch->addresses();
  }
  info.notes = port.notes();
  if (options.nic_time && !port.has_time_stamps()) {
    info.notes.emplace_back(
        "--timestamps nic: the driver has none; the host's clock is read a batch");
  }
  DpdkQueue::Config config;
  config.name = info.name;
  config.port = port.attached().id;
  config.driver = port.attached().driver;
  config.queues_of_capture = info.queues;
  config.snaplen = options.snaplen == 0 ? kMostSnaplen : std::min(options.snaplen, kMostSnaplen);
  info.notes.insert(info.notes.end(), filter_notes.begin(), filter_notes.end());
  config.filter = std::move(*filter);
  config.time_stamps = !info.realtime;
  config.mac = mac_of(config.port);
  try {
    for (uint32_t i = 0; i < info.queues; ++i) {
      config.counts_losses = i == 0;
      config.rx_queues.clear();
      for (size_t at = i; at < rx_queues; at += info.queues) {
        config.rx_queues.push_back(port.rx_queues()[at]);
      }
      made->queues.push_back(std::make_unique<DpdkQueue>(config, port.trouble()));
    }
  } catch (const std::bad_alloc&) {
    return fail(Status{Code::io, Recovery::restart_backend, 0, info.name, "no memory"});
  }
  made->port = std::move(*opened);
  opened_ = std::move(made);
  opened_before_ = true;
  return info;
}

CaptureQueue& Dpdk::queue(uint32_t index) {
  return *opened_->queues[index];
}

void Dpdk::close() noexcept {
  opened_.reset();
}

std::vector<Status> Dpdk::take_notices() {
  std::vector<Status> notices;
  if (!opened_) return notices;
  const uint64_t now_ns = SystemClock().monotonic_ns();
  if (now_ns - opened_->looked_at_ns < kLookNs) return notices;
  opened_->looked_at_ns = now_ns;
  std::vector<std::string> lines = opened_->port->look();
  for (std::string& line : take_eal_errors()) lines.push_back("DPDK: " + line);
  for (std::string& line : lines) {
    notices.push_back({Code::io, Recovery::retry, 0, name(), std::move(line)});
  }
  return notices;
}

std::optional<std::vector<IpPrefix>> Dpdk::changed_addresses() {
  return opened_ && opened_->watch ? opened_->watch->changed() : std::nullopt;
}

Result<std::vector<DpdkPort>> list_dpdk_ports(const DpdkOptions& options) {
  const uint64_t memory_bytes = process_memory_bytes(0, 1, machine_bytes());
  if (const Result<void> started = start_eal(options, memory_bytes); !started) {
    return fail(started.error());
  }
  std::vector<DpdkPort> ports;
  uint16_t id = 0;
  RTE_ETH_FOREACH_DEV(id) {
    char name[RTE_ETH_NAME_MAX_LEN] = {};
    rte_eth_dev_info info{};
    if (rte_eth_dev_get_name_by_port(id, name) != 0 || rte_eth_dev_info_get(id, &info) != 0) {
      continue;
    }
    DpdkPort port;
    port.name = name;
    if (info.driver_name != nullptr) port.driver = info.driver_name;
    port.rx_queues = info.max_rx_queues;
    rte_eth_link link{};
    port.up = rte_eth_link_get_nowait(id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
    ports.push_back(std::move(port));
  }
  return ports;
}

}  // namespace weir::backends
