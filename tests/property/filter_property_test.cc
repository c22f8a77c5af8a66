// A display filter made of terms, against the same expression evaluated as a tree here.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "report/filter/display_filter.h"
#include "report/format.h"
#include "tests/unit/filter/flows.h"

namespace weir::report {
namespace {

using test::Flow;
using Random = std::mt19937;

struct Expression {
  enum class Kind : uint8_t { term, all_of, any_of, none_of };
  Kind kind = Kind::term;
  std::string text;                        ///< of a term
  std::function<bool(const Flow&)> holds;  ///< of a term
  std::vector<Expression> children;
};

template <class T>
const T& one_of(Random& random, const std::vector<T>& list) {
  return list[random() % list.size()];
}

const std::vector<std::string> kHosts4{"10.0.0.1", "10.0.0.2", "10.128.0.1", "192.168.7.7"};
const std::vector<std::string> kHosts6{"fd00::1", "fd00::2", "fd80::1", "2001:db8::1"};
const std::vector<uint16_t> kPorts{0, 22, 53, 443, 1024, 65535};
const std::vector<uint8_t> kProtos{1, 6, 17, 58};

Flow random_flow(Random& random) {
  const auto& hosts = random() % 2 == 0 ? kHosts4 : kHosts6;
  Flow flow = test::flow(one_of(random, hosts), one_of(random, kPorts), one_of(random, hosts),
                         one_of(random, kPorts), one_of(random, kProtos));
  if (random() % 2 == 0) {
    flow.key.vlan_count = 2;
    flow.key.vlans = {5, static_cast<uint16_t>(random() % 3), 0, 0};
  }
  return flow;
}

struct End {
  IpBytes address;
  uint16_t port;
};

/// `test` of the ends that "src ", "dst " or "" is about.
std::function<bool(const Flow&)> on_side(const std::string& side,
                                         std::function<bool(const Flow&, const End&)> test) {
  return [side, test = std::move(test)](const Flow& flow) {
    const End low{flow.key.low_addr, flow.key.low_port};
    const End high{flow.key.high_addr, flow.key.high_port};
    const bool first = side != "dst " && test(flow, flow.shown_high ? high : low);
    const bool second = side != "src " && test(flow, flow.shown_high ? low : high);
    return first || second;
  };
}

Expression random_network(Random& random, const std::string& side) {
  const bool ip6 = random() % 2 == 0;
  const std::string address = one_of(random, ip6 ? kHosts6 : kHosts4);
  const auto length = static_cast<uint8_t>(random() % (ip6 ? 129 : 33));
  const IpPrefix network{test::address(address), static_cast<uint8_t>(ip6 ? 6 : 4), length};
  Expression term;
  term.text = side + "net " + address + "/" + std::to_string(length);
  term.holds = on_side(side, [network](const Flow& flow, const End& end) {
    return network.contains(flow.key.ip_version, end.address);
  });
  return term;
}

Expression random_term(Random& random) {
  const std::string side = one_of<std::string>(random, {"", "src ", "dst "});
  Expression term;
  switch (random() % 7) {
    case 0: return random_network(random, side);
    case 1: {
      const std::string host = one_of(random, random() % 2 == 0 ? kHosts4 : kHosts6);
      term.text = side + (side.empty() || random() % 2 == 0 ? "host " : "") + host;
      term.holds = on_side(side, [host](const Flow& flow, const End& end) {
        return address_text(flow.key.ip_version, end.address) == host;
      });
      return term;
    }
    case 2: {
      const unsigned low = one_of(random, kPorts);
      const unsigned high = std::max<unsigned>(low, one_of(random, kPorts));
      term.text = side + "port " + std::to_string(low);
      if (high != low) term.text += "-" + std::to_string(high);
      term.holds = on_side(side, [=](const Flow& flow, const End& end) {
        return has_ports(flow.key.proto) && low <= end.port && end.port <= high;
      });
      return term;
    }
    case 3: {
      const uint8_t proto = one_of(random, kProtos);
      const unsigned version = one_of<unsigned>(random, {0, 4, 6});
      term.text = "proto " + proto_name(proto) + (version == 0 ? "" : std::to_string(version));
      // "icmp6" has a meaning of its own.
      const bool icmp6 = term.text == "proto icmp6";
      term.holds = [=](const Flow& flow) {
        if (icmp6) return flow.key.proto == 58;
        return flow.key.proto == proto && (version == 0 || flow.key.ip_version == version);
      };
      return term;
    }
    case 4: {
      const uint8_t version = random() % 2 == 0 ? 4 : 6;
      term.text = version == 4 ? "ip" : "ip6";
      term.holds = [=](const Flow& flow) { return flow.key.ip_version == version; };
      return term;
    }
    case 5: {
      const auto vlan = static_cast<uint16_t>(random() % 7);
      term.text = "vlan " + std::to_string(vlan);
      term.holds = [=](const Flow& flow) {
        const auto& key = flow.key;
        return key.vlan_count == 2 && (key.vlans[0] == vlan || key.vlans[1] == vlan);
      };
      return term;
    }
    default: {
      const std::string part = one_of<std::string>(random, {"0.0", "fd", "168.7.", ".zz"});
      term.text = side + "host " + part;
      term.holds = on_side(side, [part](const Flow& flow, const End& end) {
        return address_text(flow.key.ip_version, end.address).find(part) != std::string::npos;
      });
      return term;
    }
  }
}

Expression random_expression(Random& random, int depth) {
  if (depth == 0 || random() % 4 == 0) return random_term(random);
  Expression node;
  node.kind = one_of<Expression::Kind>(
      random, {Expression::Kind::all_of, Expression::Kind::any_of, Expression::Kind::none_of});
  const size_t count = node.kind == Expression::Kind::none_of ? 1 : 2 + random() % 3;
  for (size_t i = 0; i < count; ++i) node.children.push_back(random_expression(random, depth - 1));
  return node;
}

bool holds(const Expression& node, const Flow& flow) {
  if (node.kind == Expression::Kind::term) return node.holds(flow);
  const auto child_holds = [&](const Expression& child) { return holds(child, flow); };
  const auto& children = node.children;
  if (node.kind == Expression::Kind::all_of) {
    return std::all_of(children.begin(), children.end(), child_holds);
  }
  const bool any = std::any_of(children.begin(), children.end(), child_holds);
  return node.kind == Expression::Kind::any_of ? any : !any;
}

/// Parentheses only where they change the meaning, and here and there where they do not.
std::string render(const Expression& node, Random& random) {
  if (node.kind == Expression::Kind::term) return node.text;
  const auto child_text = [&](const Expression& child) {
    const bool needed =
        child.kind == Expression::Kind::any_of ||
        (child.kind == Expression::Kind::all_of && node.kind == Expression::Kind::none_of);
    const bool here =
        node.kind == Expression::Kind::any_of ? random() % 8 == 0 : needed || random() % 8 == 0;
    const std::string text = render(child, random);
    return here ? "(" + text + ")" : text;
  };
  if (node.kind == Expression::Kind::none_of) {
    return one_of<std::string>(random, {"not ", "!", "NOT  "}) + child_text(node.children[0]);
  }
  std::string out;
  for (const Expression& child : node.children) {
    if (!out.empty()) {
      out += node.kind == Expression::Kind::all_of
                 ? one_of<std::string>(random, {" and ", "&&", " ", " AND "})
                 : one_of<std::string>(random, {" or ", "||", " Or "});
    }
    out += child_text(child);
  }
  return out;
}

RC_GTEST_PROP(DisplayFilterProperty, AnswersAsTheTreeDoes, ()) {
  const auto seed = *rc::gen::arbitrary<uint32_t>();
  const auto depth = *rc::gen::inRange(0, 5);
  Random random(seed);
  const Expression tree = random_expression(random, depth);
  const std::string text = render(tree, random);
  RC_PRE(text.size() <= kMaxFilterBytes);
  const auto filter = parse_display_filter(text, nullptr);
  if (!filter) RC_FAIL(text + "\n" + filter.error().message);
  for (int i = 0; i < 50; ++i) {
    const Flow flow = random_flow(random);
    if ((*filter)->shows(flow.key, flow.shown_high) != holds(tree, flow)) RC_FAIL(text);
  }
}

}  // namespace
}  // namespace weir::report
