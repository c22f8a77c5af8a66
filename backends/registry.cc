#include "backends/registry.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "backends/af_packet/af_packet.h"
#include "backends/bpf/bpf_filter.h"
#include "backends/fallback/fallback.h"
#include "backends/interfaces/interfaces.h"
#include "backends/pcap_file/pcap_file.h"
#include "backends/pcap_live/libpcap_devices.h"
#include "backends/pcap_live/pcap_live.h"
#include "backends/synthetic/synthetic.h"
#ifdef WEIR_HAVE_AF_XDP
#include "backends/af_xdp/af_xdp.h"
#endif
#ifdef WEIR_HAVE_DPDK
#include "backends/dpdk/load.h"
#endif

namespace weir::backends {
namespace {

constexpr std::string_view kAfPacket = "af_packet";
constexpr std::string_view kPcap = "pcap";
constexpr std::string_view kAfXdp = "af_xdp";
constexpr std::string_view kDpdk = "dpdk";
constexpr std::string_view kSynthetic = "synthetic";
#ifdef WEIR_HAVE_AF_XDP
constexpr bool kHaveAfXdp = true;
std::unique_ptr<Backend> make_af_xdp(const std::string& interface) {
  return std::make_unique<AfXdp>(interface);
}
#else
constexpr bool kHaveAfXdp = false;
std::unique_ptr<Backend> make_af_xdp(const std::string& /*interface*/) {
  return nullptr;
}
#endif
#ifdef WEIR_HAVE_DPDK
constexpr bool kHaveDpdk = true;
Result<std::unique_ptr<Backend>> make_dpdk(const std::string& port, const DpdkOptions& options) {
  const Result<const DpdkModule*> module = load_dpdk_module();
  if (!module) return fail(module.error());
  return (*module)->make(port, options);
}
#else
constexpr bool kHaveDpdk = false;
Result<std::unique_ptr<Backend>> make_dpdk(const std::string& /*port*/,
                                           const DpdkOptions& /*options*/) {
  return nullptr;
}
#endif

/// Ways to capture that weir has a name for; those that were compiled in are looked for first.
constexpr std::array<std::string_view, 2> kMissing{kAfXdp, kDpdk};

Status backend_error(const std::string& kind, Code code, std::string message) {
  return {code, Recovery::give_up, 0, "--backend " + kind, std::move(message)};
}

std::string names_of_compiled() {
  std::string names = "auto";
  for (const BackendKind& kind : compiled_backends()) names += ", " + kind.name;
  return names;
}

Status not_compiled_in(const std::string& kind) {
  return backend_error(kind, Code::not_found,
                       "was not compiled in; use one that was: " + names_of_compiled());
}

Device to_device(const Interface& interface) {
  Device device;
  device.name = interface.name;
  device.up = interface.up;
  device.running = interface.running;
  device.loopback = interface.loopback;
  for (const IpPrefix& address : interface.addresses) device.addresses.push_back(to_text(address));
  device.backends = {std::string(kPcap)};
  if (AfPacket::takes(interface.link_type)) {
    device.backends.insert(device.backends.begin(), std::string(kAfPacket));
  }
  if (kHaveAfXdp && interface.link_type == LinkType::en10mb) {
    device.backends.emplace_back(kAfXdp);
  }
  device.link_type_known = interface.link_type.has_value();
  device.link_type = interface.link_type.value_or(LinkType::en10mb);
  device.rx_queues = interface.rx_queues.value_or(0);
  device.driver = interface.driver;
  return device;
}

/// "any" and its like are no interfaces of the kernel. Where packets have IP libpcap captures them,
/// and nothing else can.
Device to_device(const LibpcapDevice& from) {
  Device device;
  device.name = from.name;
  device.description = from.description;
  device.of_libpcap = true;
  device.up = true;
  device.running = true;
  device.link_type_known = from.link_type.has_value();
  device.link_type = from.link_type.value_or(LinkType::en10mb);
  if (from.may_carry_ip) device.backends = {std::string(kPcap)};
  return device;
}

}  // namespace

std::vector<BackendKind> compiled_backends() {
  std::vector<BackendKind> kinds{
      {std::string(kAfPacket), "live capture through rings in the kernel, many queues"},
      {std::string(kPcap), "live capture through libpcap, any kind of link"}};
  if (kHaveAfXdp) {
    kinds.push_back({std::string(kAfXdp), "XDP sockets; takes the packets away from the host"});
  }
  if (kHaveDpdk) {
    kinds.push_back({std::string(kDpdk), "poll-mode drivers, for cards that weir has for itself"});
  }
  kinds.push_back(
      {std::string(kSynthetic), "a link made of frames in memory, no privileges needed"});
  return kinds;
}

Result<std::unique_ptr<Backend>> make_live(const std::string& kind, const std::string& interface,
                                           const DpdkOptions& dpdk) {
  if (kind == kPcap) return std::make_unique<PcapLive>(interface);
  if (kind == kAfPacket) return std::make_unique<AfPacket>(interface);
  if (kHaveAfXdp && kind == kAfXdp) return make_af_xdp(interface);
  if (kHaveDpdk && kind == kDpdk) return make_dpdk(interface, dpdk);
  if (kind == "auto" && is_of_libpcap(interface)) return std::make_unique<PcapLive>(interface);
  if (kind == "auto") {
    return std::make_unique<Fallback>(std::make_unique<AfPacket>(interface),
                                      std::make_unique<PcapLive>(interface));
  }
  if (kind == kSynthetic) {
    return fail(backend_error(kind, Code::usage, "has no interface, so -i makes no sense with it"));
  }
  if (std::find(kMissing.begin(), kMissing.end(), kind) != kMissing.end()) {
    return fail(not_compiled_in(kind));
  }
  return fail(
      backend_error(kind, Code::usage, "no such backend; there are: " + names_of_compiled()));
}

std::unique_ptr<Backend> make_files(std::vector<std::string> paths, bool by_time) {
  return std::make_unique<PcapFile>(std::move(paths), by_time);
}

std::unique_ptr<Backend> make_synthetic(const SyntheticOptions& options) {
  return std::make_unique<Synthetic>(options);
}

Result<void> check_filter(const std::string& filter, LinkType link_type) {
  constexpr uint32_t kSnaplen = 262'144;
  const Result<BpfFilter> compiled = BpfFilter::compile(filter, link_type, kSnaplen);
  return compiled ? Result<void>{} : fail(compiled.error());
}

Result<std::vector<Device>> list_devices() {
  const Result<std::vector<Interface>> interfaces = list_interfaces();
  if (!interfaces) return fail(interfaces.error());
  std::vector<Device> devices;
  for (const Interface& interface : *interfaces) devices.push_back(to_device(interface));
  for (const LibpcapDevice& device : list_libpcap_devices()) {
    const bool listed = std::any_of(devices.begin(), devices.end(),
                                    [&](const Device& other) { return other.name == device.name; });
    if (!listed) devices.push_back(to_device(device));
  }
  return devices;
}

#ifdef WEIR_HAVE_DPDK
Result<std::vector<Device>> list_dpdk_devices(const DpdkOptions& dpdk) {
  const Result<const DpdkModule*> module = load_dpdk_module();
  if (!module) return fail(module.error());
  const Result<std::vector<DpdkPort>> ports = (*module)->list_ports(dpdk);
  if (!ports) return fail(ports.error());
  std::vector<Device> devices;
  for (const DpdkPort& port : *ports) {
    Device device;
    device.name = port.name;
    device.up = true;
    device.running = port.up;
    device.backends = {std::string(kDpdk)};
    device.link_type_known = true;
    device.rx_queues = port.rx_queues;
    device.driver = port.driver;
    devices.push_back(std::move(device));
  }
  return devices;
}
#else
Result<std::vector<Device>> list_dpdk_devices(const DpdkOptions& /*dpdk*/) {
  return fail(not_compiled_in(std::string(kDpdk)));
}
#endif

Result<std::string> default_interface() {
  const Result<std::vector<Interface>> interfaces = list_interfaces();
  if (!interfaces) return fail(interfaces.error());
  const auto found =
      std::find_if(interfaces->begin(), interfaces->end(), [](const Interface& interface) {
        return interface.up && interface.running && !interface.loopback;
      });
  if (found != interfaces->end()) return found->name;
  return fail({Code::not_found, Recovery::give_up, 0, "interfaces",
               "none is up and has a carrier but loopback; choose one of `weir devices` with -i"});
}

}  // namespace weir::backends
