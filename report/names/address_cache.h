#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <list>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "engine/core/ip_prefix.h"

namespace weir::report {

/// An address with its version, as a key of hashed containers.
struct AddressKey {
  IpBytes address{};
  uint8_t ip_version = 0;

  bool operator==(const AddressKey&) const = default;
};

struct AddressKeyHash {
  size_t operator()(const AddressKey& key) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(&key), sizeof key});
  }
};
static_assert(sizeof(AddressKey) == sizeof(IpBytes) + 1, "no padding is hashed");

/// What is known of the addresses that were looked at last, at most `most` of them: the one that
/// was not looked at for longest makes room. Not locked: its owner does that.
template <class Value>
class AddressCache {
 public:
  explicit AddressCache(size_t most) : most_(most) {}

  /// Null when nothing is known. Valid until the next put().
  Value* find(const AddressKey& key) {
    const auto at = index_.find(key);
    if (at == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, at->second);
    return &at->second->second;
  }

  void put(const AddressKey& key, Value value) {
    if (Value* const old = find(key)) {
      *old = std::move(value);
      return;
    }
    if (most_ == 0) return;
    if (index_.size() == most_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, std::move(value));
    index_.emplace(key, entries_.begin());
  }

  size_t size() const noexcept { return index_.size(); }

 private:
  using Entries = std::list<std::pair<AddressKey, Value>>;

  size_t most_;
  Entries entries_;  ///< looked at last first
  std::unordered_map<AddressKey, typename Entries::iterator, AddressKeyHash> index_;
};

}  // namespace weir::report
