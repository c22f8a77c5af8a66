#include <errno.h>
#include <linux/ethtool.h>

#include <algorithm>
#include <cstring>

#include "backends/host/link_facts.h"

namespace weir::host {
namespace {

// More than any driver has; what claims more is garbled.
constexpr uint32_t kMostBuckets = 1U << 16;
constexpr uint32_t kMostKeyBytes = 1024;
constexpr uint32_t kMostFeatures = 1024;
// The order of the kernel's rss_hash_func_strings, which no header of user space names.
constexpr uint8_t kToeplitz = 1, kXor = 2, kCrc32 = 4;

/// `settings` names what the driver lacks.
tl::unexpected<Unknown> refused(const char* settings, int error) {
  if (error == EOPNOTSUPP) return unknown(std::string("the driver has no ") + settings);
  return unknown(failure_text(settings, error));
}

/// Asks with a fixed struct.
template <class T>
Answer<T> ask(const Source& source, const std::string& name, T request, const char* settings) {
  const int error = source.ethtool(name, std::as_writable_bytes(std::span(&request, 1)));
  if (error == 0) return request;
  return refused(settings, error);
}

/// A struct followed by `extra` bytes: ethtool's answers of variable length.
template <class T>
class Variable {
 public:
  Variable(const T& head, size_t extra) : bytes_(sizeof(T) + extra) { put(head); }
  std::span<std::byte> bytes() { return bytes_; }
  std::span<const std::byte> extra() const { return std::span(bytes_).subspan(sizeof(T)); }
  T head() const {
    T value{};
    std::memcpy(&value, bytes_.data(), sizeof value);
    return value;
  }

 private:
  void put(const T& head) { std::memcpy(bytes_.data(), &head, sizeof head); }
  std::vector<std::byte> bytes_;
};

template <size_t N>
std::string text_of(const char (&field)[N]) {
  return {field, strnlen(field, N)};
}

Answer<Driver> driver_of(const Source& source, const std::string& name) {
  ethtool_drvinfo request{};
  request.cmd = ETHTOOL_GDRVINFO;
  const auto got = ask(source, name, request, "driver information");
  if (!got) return unknown(got.error().why);
  return Driver{text_of(got->driver), text_of(got->version), text_of(got->bus_info)};
}

Answer<Channels> channels_of(const Source& source, const std::string& name) {
  ethtool_channels request{};
  request.cmd = ETHTOOL_GCHANNELS;
  const auto got = ask(source, name, request, "queue settings");
  if (!got) return unknown(got.error().why);
  return Channels{{got->rx_count, got->max_rx},
                  {got->tx_count, got->max_tx},
                  {got->combined_count, got->max_combined}};
}

Answer<Rings> rings_of(const Source& source, const std::string& name) {
  ethtool_ringparam request{};
  request.cmd = ETHTOOL_GRINGPARAM;
  const auto got = ask(source, name, request, "ring settings");
  if (!got) return unknown(got.error().why);
  if (got->rx_max_pending == 0) return unknown("the driver tells no ring sizes");
  return Rings{{got->rx_pending, got->rx_max_pending}, {got->tx_pending, got->tx_max_pending}};
}

std::string hash_function(uint8_t bits) {
  if ((bits & kToeplitz) != 0) return "toeplitz";
  if ((bits & kXor) != 0) return "xor";
  if ((bits & kCrc32) != 0) return "crc32";
  return {};
}

Rss rss_from(const Variable<ethtool_rxfh>& answer, uint32_t buckets, uint32_t key_bytes) {
  const ethtool_rxfh head = answer.head();
  Rss rss;
  rss.function = hash_function(head.hfunc);
  rss.indirection.resize(buckets);
  rss.key.resize(key_bytes);
  const auto extra = answer.extra();
  const size_t table_bytes = rss.indirection.size() * sizeof(uint32_t);
  if (table_bytes > 0) std::memcpy(rss.indirection.data(), extra.data(), table_bytes);
  if (!rss.key.empty()) {
    std::memcpy(rss.key.data(), extra.subspan(table_bytes).data(), rss.key.size());
  }
  // input_xfrm follows hfunc; headers before Linux 6.8 call it reserved. Bits 0 and 1 make the
  // hash symmetric, 0xff is "no change".
  const std::byte transform = std::as_bytes(std::span(&head, 1))[offsetof(ethtool_rxfh, hfunc) + 1];
  const bool by_transform =
      transform != std::byte{0xff} && (transform & std::byte{3}) != std::byte{0};
  const bool keyed = rss.function.empty() || rss.function == "toeplitz";
  rss.symmetric = by_transform || (keyed && is_symmetric_key(rss.key));
  return rss;
}

Answer<Rss> rss_of(const Source& source, const std::string& name) {
  ethtool_rxfh request{};
  request.cmd = ETHTOOL_GRSSH;
  // Asked without room it tells the sizes.
  Variable<ethtool_rxfh> sizes(request, 0);
  if (const int error = source.ethtool(name, sizes.bytes())) return refused("RSS settings", error);
  request.indir_size = sizes.head().indir_size;
  request.key_size = sizes.head().key_size;
  if (request.indir_size > kMostBuckets || request.key_size > kMostKeyBytes) {
    return unknown("RSS settings: a garbled answer");
  }
  Variable<ethtool_rxfh> answer(request, request.indir_size * sizeof(uint32_t) + request.key_size);
  if (const int error = source.ethtool(name, answer.bytes())) return refused("RSS settings", error);
  return rss_from(answer, request.indir_size, request.key_size);
}

Answer<std::string> hash_fields_of(const Source& source, const std::string& name, uint32_t flow) {
  ethtool_rxnfc request{};
  request.cmd = ETHTOOL_GRXFH;
  request.flow_type = flow;
  const auto got = ask(source, name, request, "settings of hash fields");
  if (!got) return unknown(got.error().why);
  constexpr std::array<std::pair<uint64_t, char>, 8> kLetters{{{RXH_L2DA, 'm'},
                                                               {RXH_VLAN, 'v'},
                                                               {RXH_L3_PROTO, 't'},
                                                               {RXH_IP_SRC, 's'},
                                                               {RXH_IP_DST, 'd'},
                                                               {RXH_L4_B_0_1, 'f'},
                                                               {RXH_L4_B_2_3, 'n'},
                                                               {RXH_DISCARD, 'r'}}};
  std::string letters;
  for (const auto& [bit, letter] : kLetters) {
    if ((got->data & bit) != 0) letters += letter;
  }
  return letters;
}

Answer<uint32_t> count_features(const Source& source, const std::string& name) {
  ethtool_sset_info request{};
  request.cmd = ETHTOOL_GSSET_INFO;
  request.sset_mask = 1ULL << ETH_SS_FEATURES;
  Variable<ethtool_sset_info> answer(request, sizeof(uint32_t));
  if (const int error = source.ethtool(name, answer.bytes())) {
    return unknown(failure_text("offloads", error));
  }
  uint32_t count = 0;
  std::memcpy(&count, answer.extra().data(), sizeof count);
  if (answer.head().sset_mask == 0 || count == 0 || count > kMostFeatures) {
    return unknown("offloads: a garbled answer");
  }
  return count;
}

Answer<Features> features_of(const Source& source, const std::string& name) {
  const Answer<uint32_t> count = count_features(source, name);
  if (!count) return unknown(count.error().why);
  ethtool_gstrings strings{};
  strings.cmd = ETHTOOL_GSTRINGS;
  strings.string_set = ETH_SS_FEATURES;
  strings.len = *count;
  Variable<ethtool_gstrings> names(strings, size_t{*count} * ETH_GSTRING_LEN);
  ethtool_gfeatures states{};
  states.cmd = ETHTOOL_GFEATURES;
  states.size = (*count + 31) / 32;
  Variable<ethtool_gfeatures> blocks(states, states.size * sizeof(ethtool_get_features_block));
  for (const auto& bytes : {names.bytes(), blocks.bytes()}) {
    if (const int error = source.ethtool(name, bytes)) {
      return unknown(failure_text("offloads", error));
    }
  }
  Features features;
  const std::array<std::pair<std::string_view, Answer<Feature>*>, 7> wanted{
      {{"rx-gro", &features.gro},
       {"rx-gro-hw", &features.gro_hw},
       {"rx-lro", &features.lro},
       {"tx-tcp-segmentation", &features.tso},
       {"tx-tcp6-segmentation", &features.tso6},
       {"tx-generic-segmentation", &features.gso},
       {"rx-vlan-hw-parse", &features.rx_vlan}}};
  for (uint32_t i = 0; i < *count; ++i) {
    char text[ETH_GSTRING_LEN];
    std::memcpy(text, names.extra().data() + size_t{i} * ETH_GSTRING_LEN, sizeof text);
    const std::string found = text_of(text);
    const auto at = std::find_if(wanted.begin(), wanted.end(),
                                 [&](const auto& pair) { return pair.first == found; });
    if (at == wanted.end()) continue;
    ethtool_get_features_block block{};
    std::memcpy(&block, blocks.extra().data() + (i / 32) * sizeof block, sizeof block);
    const uint32_t bit = 1U << (i % 32);
    *at->second = Feature{(block.active & bit) != 0,
                          (block.available & bit) != 0 && (block.never_changed & bit) == 0};
  }
  return features;
}

Answer<Coalescing> coalescing_of(const Source& source, const std::string& name) {
  ethtool_coalesce request{};
  request.cmd = ETHTOOL_GCOALESCE;
  const auto got = ask(source, name, request, "coalescing settings");
  if (!got) return unknown(got.error().why);
  return Coalescing{got->rx_coalesce_usecs, got->rx_max_coalesced_frames,
                    got->use_adaptive_rx_coalesce != 0};
}

Answer<Pause> pause_of(const Source& source, const std::string& name) {
  ethtool_pauseparam request{};
  request.cmd = ETHTOOL_GPAUSEPARAM;
  const auto got = ask(source, name, request, "pause frame settings");
  if (!got) return unknown(got.error().why);
  return Pause{got->autoneg != 0, got->rx_pause != 0, got->tx_pause != 0};
}

}  // namespace

bool is_symmetric_key(std::span<const uint8_t> key) {
  // All zeros are symmetric too, and put every packet into one bucket: not what is asked for.
  if (key.size() < 40) return false;
  if (std::all_of(key.begin(), key.end(), [](uint8_t byte) { return byte == 0; })) return false;
  for (size_t i = 2; i < key.size(); ++i) {
    if (key[i] != key[i - 2]) return false;
  }
  return true;
}

void read_ethtool(const Source& source, LinkFacts& facts) {
  constexpr std::array<uint32_t, 4> kFlows{TCP_V4_FLOW, UDP_V4_FLOW, TCP_V6_FLOW, UDP_V6_FLOW};
  facts.driver = driver_of(source, facts.name);
  facts.channels = channels_of(source, facts.name);
  facts.rings = rings_of(source, facts.name);
  facts.rss = rss_of(source, facts.name);
  for (size_t i = 0; i < kFlows.size(); ++i) {
    facts.hash_fields[i] = hash_fields_of(source, facts.name, kFlows[i]);
  }
  facts.features = features_of(source, facts.name);
  facts.coalescing = coalescing_of(source, facts.name);
  facts.pause = pause_of(source, facts.name);
}

}  // namespace weir::host
