#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "report/process_source.h"
#include "report/processes/socket_record.h"

namespace weir::processes {

/// Facts by number, in order of the numbers. Shared by the tables between two changes of it.
using ProcessList = std::vector<std::pair<uint32_t, std::shared_ptr<const report::Process>>>;

/// An address and a namespace that has it.
struct HomeAddress {
  LocalAddress address;
  uint16_t net = 0;
};

/// An index of open addressing from a key without padding to a number, made once and then only
/// read. Of equal keys the first one added stays.
template <class Key>
class FlatIndex {
 public:
  FlatIndex(size_t capacity, uint64_t seed) : seed_(seed) {
    size_t slots = 16;
    while (slots < 2 * capacity) slots *= 2;
    slots_.resize(slots);
    entries_.reserve(capacity);
  }

  bool add(const Key& key, uint32_t value) {
    const uint64_t hash = hash_of(key, seed_);
    const size_t mask = slots_.size() - 1;
    size_t at = hash & mask;
    for (; slots_[at] != 0; at = (at + 1) & mask) {
      const size_t index = (slots_[at] & UINT32_MAX) - 1;
      if (entries_[index].key == key) return false;
    }
    entries_.push_back({key, value});
    slots_[at] = (hash & ~uint64_t{UINT32_MAX}) | entries_.size();
    return true;
  }

  /// Null when the key is not there.
  const uint32_t* find(const Key& key) const noexcept {
    const uint64_t hash = hash_of(key, seed_);
    const size_t mask = slots_.size() - 1;
    for (size_t at = hash & mask; slots_[at] != 0; at = (at + 1) & mask) {
      if ((slots_[at] ^ hash) >> 32 != 0) continue;
      const auto& entry = entries_[(slots_[at] & UINT32_MAX) - 1];
      if (entry.key == key) return &entry.value;
    }
    return nullptr;
  }

 private:
  struct Entry {
    Key key;
    uint32_t value;
  };
  uint64_t seed_;
  std::vector<uint64_t> slots_;  ///< upper half of the hash, and index + 1; 0: empty
  std::vector<Entry> entries_;
};

struct AddressKey {
  IpBytes address{};
  uint64_t ip_version = 0;
  bool operator==(const AddressKey&) const = default;
};

inline uint64_t hash_of(const AddressKey& key, uint64_t seed) noexcept {
  uint64_t words[2];
  std::memcpy(words, key.address.data(), sizeof words);
  return fold(words[0] ^ seed, words[1] ^ (seed + key.ip_version));
}

/// What one poll saw, in a form that answers fast. Immutable after the last add(): owned by whoever
/// holds the pointer, asked by any thread, neither locks nor allocates.
class SocketTable final : public report::ProcessTable {
 public:
  /// `sockets`: how many will be added at most. `homes`: the addresses of the namespaces, weir's
  /// own (0) first.
  SocketTable(size_t sockets, std::span<const HomeAddress> homes, uint64_t seed,
              std::shared_ptr<const ProcessList> processes);

  /// Of two sockets with the same key the first one added has it; so what is more likely is added
  /// first.
  void add(const SocketKey& key, uint32_t owner);

  std::array<uint32_t, 2> owners_of(const FlowKey& key) const override;
  const report::Process* process(uint32_t number) const override;
  std::string publisher(uint32_t publisher_number) const override;

 private:
  /// Where an address lives: the namespaces are nets_[first ... first + count).
  struct Home {
    uint32_t first = 0;
    uint32_t count = 0;
  };
  struct End {
    const IpBytes& address;
    uint16_t port;
  };

  Home home_of(uint8_t ip_version, const IpBytes& address) const noexcept;
  bool is_group(uint8_t ip_version, const IpBytes& address) const noexcept;
  uint32_t owner_at(Home home, End local, End peer, const FlowKey& key) const noexcept;
  uint32_t group_owner(End group, const FlowKey& key) const noexcept;

  /// By port: whether any socket has it that is not connected. Most ends have a port of the moment,
  /// and then it need not be looked for in vain.
  bool has_open_port(uint16_t port) const noexcept {
    return (open_ports_[port / 64] >> port % 64 & 1) != 0;
  }

  FlatIndex<SocketKey> sockets_;
  std::vector<uint64_t> open_ports_;
  FlatIndex<AddressKey> homes_;  ///< first << 16 | count - 1, see Home
  FlatIndex<AddressKey> broadcast_;
  std::vector<uint16_t> nets_;
  std::shared_ptr<const ProcessList> processes_;
  bool knows_homes_;  ///< any address at all
};

}  // namespace weir::processes
