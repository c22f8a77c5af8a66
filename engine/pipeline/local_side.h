#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "engine/core/flow_key.h"
#include "engine/core/ip_prefix.h"
#include "engine/core/packet.h"
#include "engine/core/uint128.h"

namespace weir {

/// What decides which side of a flow is the local one, in the order in which it is asked. The rule
/// itself is docs/architecture.md, "Direction".
enum class SideRule : uint8_t {
  given,          ///< `-F`, `-G`
  address,        ///< an address of the captured interface
  network,        ///< a network of the captured interface
  link,           ///< the kernel or the MAC address tells who sent the packet
  private_range,  ///< RFC 1918, RFC 4193, link-local
  spoke_first,
};

/// The local side of a flow, and how that was decided.
struct SideChoice {
  SideRule rule;
  bool high;  ///< it is the key's high endpoint
};

/// Decides from the addresses of a flow which side of it is local: rules 1, 2, 3 and 5. Immutable,
/// so that all workers may read it. A look-up is a binary search among the borders of the networks:
/// it is made once a flow and not once a packet.
class LocalSide {
 public:
  struct Config {
    std::vector<IpPrefix> given;      ///< `-F`, `-G`
    std::vector<IpPrefix> addresses;  ///< of the interface, each with the length of its network
    std::vector<IpPrefix> networks;   ///< of the interface, beside those of its addresses
  };
  explicit LocalSide(const Config& config = {});

  /// Empty where the addresses cannot tell. `link` is what the link says of a packet from the
  /// key's high endpoint (`from_high`) or from its low one.
  std::optional<SideChoice> choose(const FlowKey& key, LinkSide link,
                                   bool from_high) const noexcept;

 private:
  /// From this address on, up to the next step, addresses have these marks.
  template <class Number>
  struct Step {
    Number from;
    uint8_t marks;
  };
  template <class Number>
  struct Edge {
    Number at;
    uint8_t mark;
    int change;
  };
  struct Edges {
    std::vector<Edge<uint32_t>> v4;
    std::vector<Edge<uint128_t>> v6;
  };

  /// Marks of an address: the better the rule, the higher the bit.
  enum Mark : uint8_t { in_private = 1, in_network = 2, is_address = 4, in_given = 8 };

  static void add(Edges& edges, const IpPrefix& prefix, uint8_t mark);
  template <class Number>
  static std::vector<Step<Number>> steps_of(std::vector<Edge<Number>> edges);
  uint8_t marks_of(uint8_t ip_version, const IpBytes& address) const noexcept;

  std::vector<Step<uint32_t>> v4_;
  std::vector<Step<uint128_t>> v6_;
};

/// The LocalSide of each capture, in their order. The control thread exchanges one when the
/// interface's addresses change; workers each hold copies of the pointers, and look whether there
/// are newer ones between two batches: that is one load, and nothing is freed that is in use.
class LocalSides {
 public:
  using Pointers = std::vector<std::shared_ptr<const LocalSide>>;

  /// As many captures as there are pointers; without, one whose interface has no address.
  explicit LocalSides(Pointers sides = {std::make_shared<const LocalSide>()})
      : sides_(std::move(sides)) {}

  /// Control thread.
  void set(uint32_t capture, std::shared_ptr<const LocalSide> side) {
    const std::lock_guard lock(mutex_);
    sides_[capture].swap(side);  // the old one is freed without the lock, if at all
    version_.fetch_add(1, std::memory_order_release);
  }

  /// One reader's copies: its thread's own.
  class Reader {
   public:
    explicit Reader(const LocalSides& sides) : sides_(sides) { copy(); }
    void refresh() {
      if (sides_.version_.load(std::memory_order_acquire) != version_) [[unlikely]]
        copy();
    }
    const LocalSide& of(uint32_t capture) const noexcept { return *copies_[capture]; }

   private:
    void copy() {
      const std::lock_guard lock(sides_.mutex_);
      version_ = sides_.version_.load(std::memory_order_relaxed);
      copies_ = sides_.sides_;
    }
    const LocalSides& sides_;
    uint64_t version_ = 0;
    Pointers copies_;
  };

 private:
  mutable std::mutex mutex_;  ///< guards sides_; taken when addresses have changed
  std::atomic<uint64_t> version_{0};
  Pointers sides_;
};

}  // namespace weir
