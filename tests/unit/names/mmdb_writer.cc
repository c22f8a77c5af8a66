#include "tests/unit/names/mmdb_writer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::report::test {
namespace {

constexpr uint32_t kUtf8 = 2;
constexpr uint32_t kUint16 = 5;
constexpr uint32_t kUint32 = 6;
constexpr uint32_t kMap = 7;
constexpr uint32_t kUint64 = 9;
constexpr uint32_t kArray = 11;
constexpr size_t kSeparatorBytes = 16;

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// The byte or bytes that say what follows; a size of 29 to 284 has one of its own.
std::string control(uint32_t type, size_t size) {
  const size_t kept = size < 29 ? size : 29;
  std::string out(1, static_cast<char>((type <= 7 ? type << 5 : 0) | kept));
  if (type > 7) out += static_cast<char>(type - 7);
  if (size >= 29) out += static_cast<char>(size - 29);
  return out;
}

std::string text(const std::string& value) {
  return control(kUtf8, value.size()) + value;
}

std::string number(uint32_t type, uint64_t value, size_t bytes) {
  std::string out = control(type, bytes);
  for (size_t i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string map(const Pairs& pairs) {
  std::string out = control(kMap, pairs.size());
  for (const auto& [key, value] : pairs) out += text(key) + value;
  return out;
}

std::string data_of(const MmdbRecord& record) {
  Pairs pairs;
  if (!record.country.empty()) {
    pairs.emplace_back("country", map({{"iso_code", text(record.country)}}));
  }
  if (!record.registered_country.empty()) {
    pairs.emplace_back("registered_country", map({{"iso_code", text(record.registered_country)}}));
  }
  if (record.as_number != 0) {
    pairs.emplace_back("autonomous_system_number", number(kUint32, record.as_number, 4));
  }
  if (!record.as_name.empty()) {
    pairs.emplace_back("autonomous_system_organization", text(record.as_name));
  }
  return map(pairs);
}

/// The search tree: nodes of two records, each another node (positive), data (negative: offset by
/// -1) or nothing (0, which is the root that nothing leads to).
struct Tree {
  std::vector<std::array<int64_t, 2>> nodes{{0, 0}};

  void add(const IpPrefix& network, size_t data_offset) {
    IpBytes address{};
    const bool v4 = network.ip_version == 4;
    std::copy_n(network.address.begin(), v4 ? 4 : 16, address.begin() + (v4 ? 12 : 0));
    const size_t length = network.length + (v4 ? 96U : 0U);
    size_t node = 0;
    for (size_t depth = 0; depth < length; ++depth) {
      const size_t bit = address[depth / 8] >> (7 - depth % 8) & 1U;
      if (depth + 1 == length) {
        nodes[node][bit] = -1 - static_cast<int64_t>(data_offset);
        return;
      }
      if (nodes[node][bit] == 0) {
        nodes[node][bit] = static_cast<int64_t>(nodes.size());
        nodes.push_back({0, 0});
      }
      node = static_cast<size_t>(nodes[node][bit]);
    }
  }

  std::string bytes() const {
    std::string out;
    const auto count = static_cast<int64_t>(nodes.size());
    for (const auto& node : nodes) {
      for (const int64_t record : node) {
        const int64_t value = record > 0 ? record
                              : record < 0
                                  ? count + static_cast<int64_t>(kSeparatorBytes) - 1 - record
                                  : count;
        for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
      }
    }
    return out;
  }
};

}  // namespace

std::string mmdb_file(const std::vector<MmdbRecord>& records) {
  Tree tree;
  std::string data;
  for (const MmdbRecord& record : records) {
    tree.add(record.network, data.size());
    data += data_of(record);
  }
  const std::string metadata = map({{"node_count", number(kUint32, tree.nodes.size(), 4)},
                                    {"record_size", number(kUint16, 32, 2)},
                                    {"ip_version", number(kUint16, 6, 2)},
                                    {"database_type", text("weir-test")},
                                    {"languages", control(kArray, 0)},
                                    {"binary_format_major_version", number(kUint16, 2, 2)},
                                    {"binary_format_minor_version", number(kUint16, 0, 2)},
                                    {"build_epoch", number(kUint64, 1'700'000'000, 8)},
                                    {"description", map({})}});
  return tree.bytes() + std::string(kSeparatorBytes, '\0') + data + "\xAB\xCD\xEFMaxMind.com" +
         metadata;
}

}  // namespace weir::report::test
