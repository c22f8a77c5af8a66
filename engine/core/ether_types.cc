#include "engine/core/ether_types.h"

#include <iterator>

namespace weir {
namespace {

constexpr uint16_t kFirstType = 0x0600;  // IEEE 802.3: smaller values are lengths

struct NamedType {
  uint16_t type;
  bool never_ip;
  std::string_view name;
};

// IEEE 802 numbers (IANA registry) and what vendors use without registration, by number. The types
// that weir follows have a name too: a malformed or foreign version of one can stop the parser.
constexpr NamedType kNamed[] = {
    {0x0001, true, "802.3"},
    {0x0003, true, "all-packets"},
    {0x0004, true, "802.2"},
    {0x000C, true, "can"},
    {0x000D, true, "can-fd"},
    {0x0600, true, "xns"},
    {0x0806, true, "arp"},
    {0x0842, true, "wake-on-lan"},
    {0x0BAD, true, "vines"},
    {0x2000, true, "cdp"},
    {0x2004, true, "dtp"},
    {0x22EA, true, "srp"},
    {0x22F0, true, "avtp"},
    {0x22F3, false, "trill"},
    {0x22F4, true, "l2-isis"},
    {0x4305, false, "batman-adv"},
    {0x6001, true, "dec-mop-load"},
    {0x6002, true, "dec-mop-console"},
    {0x6003, true, "decnet"},
    {0x6004, true, "dec-lat"},
    {0x6007, true, "dec-lavc"},
    {0x8035, true, "rarp"},
    {0x809B, true, "appletalk"},
    {0x80F3, true, "aarp"},
    {0x8137, true, "ipx"},
    {0x8138, true, "ipx"},
    {0x8204, true, "qnx"},
    {0x8808, true, "pause"},
    {0x8809, true, "slow-protocols"},
    {0x8819, true, "cobranet"},
    {0x8863, true, "pppoe-discovery"},
    {0x886F, true, "ms-nlb"},
    {0x8870, false, "jumbo-llc"},
    {0x887B, true, "homeplug"},
    {0x888E, true, "eapol"},
    {0x8892, true, "profinet"},
    {0x8899, false, "realtek"},
    {0x889A, true, "hyperscsi"},
    {0x88A2, true, "aoe"},
    {0x88A4, true, "ethercat"},
    {0x88AB, true, "powerlink"},
    {0x88B5, false, "experimental-1"},
    {0x88B6, false, "experimental-2"},
    {0x88B7, false, "oui-extended"},
    {0x88B8, true, "goose"},
    {0x88B9, true, "gse"},
    {0x88BA, true, "sampled-values"},
    {0x88BB, false, "lwapp"},
    {0x88C7, true, "preauthentication"},
    {0x88CA, true, "tipc"},
    {0x88CC, true, "lldp"},
    {0x88CD, true, "sercos"},
    {0x88D9, true, "lltd"},
    {0x88DC, true, "wsmp"},
    {0x88E1, true, "homeplug-av"},
    {0x88E3, true, "mrp"},
    {0x88E5, false, "macsec"},
    {0x88F5, true, "mvrp"},
    {0x88F6, true, "mmrp"},
    {0x88F7, true, "ptp"},
    {0x88F8, true, "nc-si"},
    {0x88FB, true, "prp"},
    {0x8902, true, "cfm"},
    {0x8903, false, "fabricpath"},
    {0x8906, true, "fcoe"},
    {0x890D, true, "tdls"},
    {0x8914, true, "fip"},
    {0x8915, true, "roce"},
    {0x8917, true, "mih"},
    {0x891D, true, "tte"},
    {0x8929, true, "msrp"},
    {0x893A, true, "ieee1905"},
    {0x8940, true, "ecp"},
    {0x8947, false, "geonetworking"},
    {0x894F, false, "nsh"},
    {0x9000, true, "loopback"},
    {0xA0ED, false, "6lowpan"},
    {0xD28B, false, "arista"},
    {0xDADA, false, "edsa"},
};
static_assert(std::size(kNamed) <= EtherTypeCounts::kMost,
              "types with a name come first, so each of them always has its own row");
static_assert(std::is_sorted(std::begin(kNamed), std::end(kNamed),
                             [](const NamedType& a, const NamedType& b) {
                               return a.type < b.type;
                             }));

const NamedType* find(uint16_t type) noexcept {
  const NamedType* at =
      std::lower_bound(std::begin(kNamed), std::end(kNamed), type,
                       [](const NamedType& named, uint16_t t) { return named.type < t; });
  return at != std::end(kNamed) && at->type == type ? at : nullptr;
}

/// Its place in the fixed order.
uint32_t rank(uint16_t type) noexcept {
  constexpr uint32_t kUnnamed = 1U << 16;
  return (find(type) == nullptr ? kUnnamed : 0) | type;
}

}  // namespace

std::string_view ether_type_name(uint16_t type) noexcept {
  const NamedType* named = find(type);
  return named == nullptr ? std::string_view() : named->name;
}

bool never_carries_ip(uint16_t type) noexcept {
  if (type < kFirstType) return true;
  const NamedType* named = find(type);
  return named != nullptr && named->never_ip;
}

void EtherTypeCounts::add(uint16_t type, Count count) noexcept {
  const uint32_t wanted = rank(type);
  const auto* const at =
      std::lower_bound(ranks_.begin(), ranks_.begin() + static_cast<ptrdiff_t>(size_), wanted);
  const auto index = static_cast<size_t>(at - ranks_.begin());
  if (index < size_ && ranks_[index] == wanted) {
    counts_[index] += count;
    return;
  }
  if (index == kMost) {
    others_of(type) += count;
    return;
  }
  if (size_ == kMost) {
    --size_;
    others_of(static_cast<uint16_t>(ranks_[size_])) += counts_[size_];
  }
  std::copy_backward(ranks_.begin() + static_cast<ptrdiff_t>(index),
                     ranks_.begin() + static_cast<ptrdiff_t>(size_),
                     ranks_.begin() + static_cast<ptrdiff_t>(size_ + 1));
  std::copy_backward(counts_.begin() + static_cast<ptrdiff_t>(index),
                     counts_.begin() + static_cast<ptrdiff_t>(size_),
                     counts_.begin() + static_cast<ptrdiff_t>(size_ + 1));
  ranks_[index] = wanted;
  counts_[index] = count;
  ++size_;
}

EtherTypeCounts& EtherTypeCounts::operator+=(const EtherTypeCounts& other) noexcept {
  for (size_t i = 0; i < other.size_; ++i) add(other.type(i), other.counts_[i]);
  other_non_ip_ += other.other_non_ip_;
  other_unsupported_ += other.other_unsupported_;
  return *this;
}

}  // namespace weir
