#include "backends/dpdk/receive_side_scaling.h"

#include <rte_ethdev.h>

#include <algorithm>

namespace weir::backends {
namespace {

constexpr uint64_t kIpv4 =
    RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER;
constexpr uint64_t kIpv6 =
    RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_IPV6_EX | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER;
constexpr uint64_t kWithPorts = RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP;

}  // namespace

Spreading choose_spreading(uint64_t offered) noexcept {
  if ((offered & RTE_ETH_RSS_IPV4) != 0 && (offered & RTE_ETH_RSS_IPV6) != 0) {
    return {offered & (kIpv4 | kIpv6), true};
  }
  return {offered & (kIpv4 | kIpv6 | kWithPorts), false};
}

std::vector<uint8_t> symmetric_key(uint32_t bytes) {
  std::vector<uint8_t> key(bytes);
  for (size_t i = 0; i < key.size(); ++i) key[i] = i % 2 == 0 ? 0x6d : 0x5a;
  return key;
}

bool redirect_to(uint16_t port, uint16_t table_size, std::span<const uint16_t> queues) {
  if (table_size == 0 || queues.empty()) return false;
  constexpr uint16_t kGroup = RTE_ETH_RETA_GROUP_SIZE;
  std::vector<rte_eth_rss_reta_entry64> table((table_size + kGroup - 1U) / kGroup);
  for (uint16_t i = 0; i < table_size; ++i) {
    rte_eth_rss_reta_entry64& entry = table[i / kGroup];
    entry.mask |= 1ULL << (i % kGroup);
    entry.reta[i % kGroup] = queues[i % queues.size()];
  }
  return rte_eth_dev_rss_reta_update(port, table.data(), table_size) == 0;
}

bool hashes_symmetrically(uint16_t port, const std::vector<uint8_t>& key) {
  std::vector<uint8_t> set(std::max<size_t>(key.size(), 64));
  rte_eth_rss_conf conf{};
  conf.rss_key = set.data();
  conf.rss_key_len = static_cast<uint8_t>(key.size());
  if (rte_eth_dev_rss_hash_conf_get(port, &conf) != 0) return false;
  return conf.rss_key != nullptr && std::equal(key.begin(), key.end(), set.begin()) &&
         (conf.rss_hf & RTE_ETH_RSS_IPV4) != 0 && (conf.rss_hf & RTE_ETH_RSS_IPV6) != 0 &&
         (conf.rss_hf & ~(kIpv4 | kIpv6)) == 0;
}

}  // namespace weir::backends
