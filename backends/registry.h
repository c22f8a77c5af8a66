#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/dpdk/dpdk_options.h"
#include "backends/synthetic/synthetic_options.h"
#include "engine/core/backend.h"
#include "engine/core/packet.h"

namespace weir::backends {

/// A backend compiled into this program.
struct BackendKind {
  std::string name;         ///< as `--backend` takes it
  std::string description;  ///< half a line
};
std::vector<BackendKind> compiled_backends();

/// Makes a live capture of one interface. `kind` is what `--backend` was given, "auto" picks the
/// best that is compiled in. Nothing is opened yet. Errors: not_found for a kind that is not
/// compiled in, with what to install or configure.
Result<std::unique_ptr<Backend>> make_live(const std::string& kind, const std::string& interface,
                                           const DpdkOptions& dpdk = {});

/// Makes a capture that reads `paths` one after the other ("-" is standard input): `by_time` in the
/// order of their first packets, so that a run does not depend on how they were listed, else as
/// given.
std::unique_ptr<Backend> make_files(std::vector<std::string> paths, bool by_time = true);

std::unique_ptr<Backend> make_synthetic(const SyntheticOptions& options);

/// Whether pcap-filter(7) can be compiled for packets of this link type. Errors as at opening.
Result<void> check_filter(const std::string& filter, LinkType link_type);

/// One interface of this host, for `weir devices` and for the default of `-i`.
struct Device {
  std::string name;
  std::string description;
  bool of_libpcap = false;  ///< no interface of the kernel: "any", "nflog", "usbmon1"
  bool up = false;
  bool running = false;  ///< has a carrier
  bool loopback = false;
  std::vector<std::string> addresses;  ///< text, with prefix length
  std::vector<std::string> backends;   ///< which can capture it; none where no packet has IP
  LinkType link_type = LinkType::en10mb;
  bool link_type_known = false;
  uint32_t rx_queues = 0;  ///< 0: unknown
  std::string driver;      ///< empty: unknown
};
Result<std::vector<Device>> list_devices();

/// The ports that DPDK has. Starts its EAL, which takes the cards that were given to it.
Result<std::vector<Device>> list_dpdk_devices(const DpdkOptions& dpdk);

/// The interface used when none is given: the first that is up, has a carrier and is not loopback.
Result<std::string> default_interface();

}  // namespace weir::backends
