#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/ip_prefix.h"
#include "engine/pipeline/flow_query.h"
#include "report/name_source.h"

/// What a display filter made of terms is: the tree that the parser builds and the program that is
/// run for every flow.
namespace weir::report {

/// What one term asks of a flow.
struct Term {
  enum class Kind : uint8_t { host_part, network, port, proto, ip_version, vlan };
  enum class Side : uint8_t { either, source, destination };

  Kind kind = Kind::ip_version;
  Side side = Side::either;
  uint8_t ip_version = 0;  ///< of a network; of ip, ip6 and tcp6; 0: any
  uint8_t proto = 0;
  uint16_t low = 0;  ///< port, or VLAN
  uint16_t high = 0;
  std::array<uint64_t, 2> address{};  ///< of a network, as in memory
  std::array<uint64_t, 2> mask{};
  std::string part;  ///< of a host name, in lower case
};

/// A term, or children that are combined.
struct FilterNode {
  enum class Kind : uint8_t { term, all_of, any_of };
  Kind kind = Kind::term;
  bool negated = false;
  Term term;
  std::vector<FilterNode> children;
};

/// A network term's address and mask.
void set_network(Term& term, const IpPrefix& network) noexcept;

/// A tree as tests in a row, each of which says where to go on when it holds and when not, as BPF
/// does it: no recursion for a flow, and no test whose answer does not matter. Immutable.
class TermFilter final : public FlowFilter {
 public:
  TermFilter(const FilterNode& root, NameSource* names);

  bool shows(const FlowKey& key, bool shown_high) const override;
  bool asks_for_names() const noexcept;

 private:
  struct Step {
    Term term;
    uint32_t when_true;
    uint32_t when_false;
  };

  uint32_t add(const FilterNode& node, uint32_t when_true, uint32_t when_false);
  bool holds(const Term& term, const FlowKey& key, bool shown_high) const;
  bool host_has(const Term& term, const FlowKey& key, bool high) const;

  std::vector<Step> steps_;
  uint32_t first_;
  NameSource* names_;
};

}  // namespace weir::report
