#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/ip_prefix.h"

namespace weir::backends {

/// The 48 bits of an Ethernet address as a number; 0: none is known.
using MacNumber = uint64_t;

/// The addresses of an interface, or with "any" of all of them, kept up to date: the kernel tells
/// by rtnetlink that some address or link of the namespace has changed, and then they are read
/// anew. An interface that is renamed stays the same one.
///
/// Made and asked by the thread that opens the capture. Queues, on other threads, share the MAC
/// address.
class AddressWatch {
 public:
  explicit AddressWatch(std::string interface);
  ~AddressWatch();
  AddressWatch(const AddressWatch&) = delete;
  AddressWatch& operator=(const AddressWatch&) = delete;

  const std::vector<IpPrefix>& addresses() const noexcept { return addresses_; }
  /// Written by the watch, read by queues. It outlives both.
  std::shared_ptr<const std::atomic<MacNumber>> mac() const noexcept { return mac_; }

  /// The addresses, when they are others than before. No more than a system call while nothing
  /// has changed.
  std::optional<std::vector<IpPrefix>> changed();

 private:
  bool told_of_a_change() const noexcept;
  void read_mac(const std::string& name) noexcept;

  std::string interface_;
  const unsigned index_;  ///< 0 with "any"
  const int socket_;      ///< -1: the kernel tells nothing, and what was read first stays
  std::vector<IpPrefix> addresses_;
  std::shared_ptr<std::atomic<MacNumber>> mac_;
};

}  // namespace weir::backends
