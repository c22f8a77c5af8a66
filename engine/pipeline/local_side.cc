#include "engine/pipeline/local_side.h"

#include <algorithm>
#include <array>
#include <bit>

#include "engine/core/bytes.h"

namespace weir {
namespace {

constexpr uint8_t kV6Bits = 128;

/// RFC 1918 section 3, RFC 3927, RFC 4193, RFC 4291 section 2.5.6.
constexpr std::array<IpPrefix, 6> kPrivate{{{{10}, 4, 8},
                                            {{172, 16}, 4, 12},
                                            {{192, 168}, 4, 16},
                                            {{169, 254}, 4, 16},
                                            {{0xfc}, 6, 7},
                                            {{0xfe, 0x80}, 6, 10}}};

uint128_t number_of(const IpBytes& address) noexcept {
  return static_cast<uint128_t>(load_be64(address.data())) << 64 | load_be64(address.data() + 8);
}

/// All bits past the first `length` of `bits`.
template <class Number>
Number host_bits(unsigned length, unsigned bits) noexcept {
  return length == 0 ? ~Number{0} : (Number{1} << (bits - length)) - 1;
}

}  // namespace

LocalSide::LocalSide(const Config& config) {
  Edges edges;
  for (const IpPrefix& prefix : config.given) add(edges, prefix, in_given);
  for (const IpPrefix& prefix : config.networks) add(edges, prefix, in_network);
  for (IpPrefix prefix : config.addresses) {
    add(edges, prefix, in_network);
    prefix.length = prefix.ip_version == 4 ? 32 : kV6Bits;
    add(edges, prefix, is_address);
  }
  for (const IpPrefix& prefix : kPrivate) add(edges, prefix, in_private);
  v4_ = steps_of(std::move(edges.v4));
  v6_ = steps_of(std::move(edges.v6));
}

void LocalSide::add(Edges& edges, const IpPrefix& prefix, uint8_t mark) {
  const auto add_range = [&](auto& list, auto address, auto rest) {
    list.push_back({static_cast<decltype(rest)>(address & ~rest), mark, 1});
    const auto last = static_cast<decltype(rest)>(address | rest);
    if (last != static_cast<decltype(rest)>(~decltype(rest){0})) {
      list.push_back({static_cast<decltype(rest)>(last + 1), mark, -1});
    }
  };
  if (prefix.ip_version == 4) {
    add_range(edges.v4, load_be32(prefix.address.data()), host_bits<uint32_t>(prefix.length, 32));
  } else {
    add_range(edges.v6, number_of(prefix.address), host_bits<uint128_t>(prefix.length, kV6Bits));
  }
}

/// Networks overlap, so each mark is counted: an address has it while the count is above zero.
template <class Number>
std::vector<LocalSide::Step<Number>> LocalSide::steps_of(std::vector<Edge<Number>> edges) {
  std::sort(edges.begin(), edges.end(),
            [](const Edge<Number>& a, const Edge<Number>& b) { return a.at < b.at; });
  std::vector<Step<Number>> steps{{0, 0}};
  std::array<int, 4> counts{};
  for (auto at = edges.begin(); at != edges.end();) {
    const Number from = at->at;
    for (; at != edges.end() && at->at == from; ++at) {
      counts[static_cast<size_t>(std::countr_zero(at->mark))] += at->change;
    }
    unsigned marks = 0;
    for (size_t bit = 0; bit < counts.size(); ++bit) marks |= (counts[bit] > 0 ? 1U : 0U) << bit;
    if (from == 0) steps.clear();
    steps.push_back({from, static_cast<uint8_t>(marks)});
  }
  return steps;
}

uint8_t LocalSide::marks_of(uint8_t ip_version, const IpBytes& address) const noexcept {
  const auto look_up = [](const auto& steps, auto number) {
    const auto after =
        std::upper_bound(steps.begin(), steps.end(), number,
                         [](auto wanted, const auto& step) { return wanted < step.from; });
    return std::prev(after)->marks;
  };
  return ip_version == 4 ? look_up(v4_, load_be32(address.data()))
                         : look_up(v6_, number_of(address));
}

std::optional<SideChoice> LocalSide::choose(const FlowKey& key, LinkSide link,
                                            bool from_high) const noexcept {
  const uint8_t high = marks_of(key.ip_version, key.high_addr);
  const unsigned differ = marks_of(key.ip_version, key.low_addr) ^ high;
  for (const auto [mark, rule] : {std::pair{in_given, SideRule::given},
                                  {is_address, SideRule::address},
                                  {in_network, SideRule::network}}) {
    if ((differ & mark) != 0) return SideChoice{rule, (high & mark) != 0};
  }
  if (link != LinkSide::unknown) {
    return SideChoice{SideRule::link, (link == LinkSide::sent) == from_high};
  }
  if ((differ & in_private) != 0) {
    return SideChoice{SideRule::private_range, (high & in_private) != 0};
  }
  return std::nullopt;
}

}  // namespace weir
