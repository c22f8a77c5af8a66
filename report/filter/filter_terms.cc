#include "report/filter/filter_terms.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "report/filter/row_text.h"

namespace weir::report {
namespace {

constexpr uint32_t kShown = UINT32_MAX;
constexpr uint32_t kHidden = UINT32_MAX - 1;

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Letters outside of ASCII do not occur in host names: those are Punycode (RFC 5891).
bool contains_lower(std::string_view text, std::string_view part) noexcept {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

bool in_network(const Term& term, const IpBytes& address) noexcept {
  std::array<uint64_t, 2> words;
  std::memcpy(words.data(), address.data(), sizeof words);
  return (((words[0] ^ term.address[0]) & term.mask[0]) |
          ((words[1] ^ term.address[1]) & term.mask[1])) == 0;
}

/// Asks `of_side(high)` of the sides that the term is about.
template <class OfSide>
bool on_side(Term::Side side, bool shown_high, OfSide of_side) {
  switch (side) {
    case Term::Side::source: return of_side(shown_high);
    case Term::Side::destination: return of_side(!shown_high);
    case Term::Side::either: break;
  }
  return of_side(false) || of_side(true);
}

bool has_vlan(const Term& term, const FlowKey& key) noexcept {
  const size_t count = std::min<size_t>(key.vlan_count, key.vlans.size());
  return std::find(key.vlans.begin(), key.vlans.begin() + count, term.low) !=
         key.vlans.begin() + count;
}

}  // namespace

void set_network(Term& term, const IpPrefix& network) noexcept {
  IpBytes mask{};
  for (size_t bit = 0; bit < network.length; ++bit) {
    mask[bit / 8] = static_cast<uint8_t>(mask[bit / 8] | 0x80U >> bit % 8);
  }
  term.kind = Term::Kind::network;
  term.ip_version = network.ip_version;
  std::memcpy(term.address.data(), network.address.data(), sizeof term.address);
  std::memcpy(term.mask.data(), mask.data(), sizeof term.mask);
}

TermFilter::TermFilter(const FilterNode& root, NameSource* names)
    : first_(add(root, kShown, kHidden)), names_(names) {}

/// Last ones first, because a step names the steps that follow it.
uint32_t TermFilter::add(const FilterNode& node, uint32_t when_true, uint32_t when_false) {
  if (node.negated) std::swap(when_true, when_false);
  if (node.kind == FilterNode::Kind::term) {
    steps_.push_back({node.term, when_true, when_false});
    return static_cast<uint32_t>(steps_.size() - 1);
  }
  const bool all = node.kind == FilterNode::Kind::all_of;
  uint32_t next = all ? when_true : when_false;
  for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) {
    next = all ? add(*child, next, when_false) : add(*child, when_true, next);
  }
  return next;
}

bool TermFilter::shows(const FlowKey& key, bool shown_high) const {
  uint32_t at = first_;
  while (at < kHidden) {
    const Step& step = steps_[at];
    at = holds(step.term, key, shown_high) ? step.when_true : step.when_false;
  }
  return at == kShown;
}

bool TermFilter::asks_for_names() const noexcept {
  return names_ != nullptr && std::any_of(steps_.begin(), steps_.end(), [](const Step& step) {
           return step.term.kind == Term::Kind::host_part;
         });
}

bool TermFilter::host_has(const Term& term, const FlowKey& key, bool high) const {
  const IpBytes& address = high ? key.high_addr : key.low_addr;
  if (names_ != nullptr) return contains_lower(names_->host(key.ip_version, address), term.part);
  RowText text;
  text.append_host(key.ip_version, address);
  return contains_lower(text.view(), term.part);
}

bool TermFilter::holds(const Term& term, const FlowKey& key, bool shown_high) const {
  const bool version_fits = term.ip_version == 0 || term.ip_version == key.ip_version;
  switch (term.kind) {
    case Term::Kind::ip_version: return version_fits;
    case Term::Kind::proto: return version_fits && term.proto == key.proto;
    case Term::Kind::vlan: return has_vlan(term, key);
    case Term::Kind::network:
      return version_fits && on_side(term.side, shown_high, [&](bool high) {
               return in_network(term, high ? key.high_addr : key.low_addr);
             });
    case Term::Kind::port:
      return has_ports(key.proto) && on_side(term.side, shown_high, [&](bool high) {
               const uint16_t port = high ? key.high_port : key.low_port;
               return port >= term.low && port <= term.high;
             });
    case Term::Kind::host_part:
      return on_side(term.side, shown_high, [&](bool high) { return host_has(term, key, high); });
  }
  return false;
}

}  // namespace weir::report
