#include "report/filter/filter_parser.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "report/filter/display_filter.h"
#include "report/filter/service_ports.h"
#include "report/format.h"

namespace weir::report {
namespace {

constexpr size_t kMaxQuoted = 40;

struct Token {
  enum class Kind : uint8_t { word, open, close, op_not, op_and, op_or, end };
  Kind kind = Kind::end;
  size_t at = 0;
  std::string_view text;
  std::string lower;
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || at != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<IpPrefix> address_of(std::string_view text) {
  const std::string copy(text);
  IpPrefix found;
  if (inet_pton(AF_INET, copy.c_str(), found.address.data()) == 1) return found;
  found = {.ip_version = 6, .length = 128};
  if (inet_pton(AF_INET6, copy.c_str(), found.address.data()) == 1) return found;
  return std::nullopt;
}

std::optional<IpPrefix> network_of(std::string_view text) {
  const size_t slash = text.find('/');
  std::optional<IpPrefix> found = address_of(text.substr(0, slash));
  if (!found || slash == std::string_view::npos) return found;
  const auto length = number_of<uint8_t>(text.substr(slash + 1));
  if (!length || *length > found->length) return std::nullopt;
  found->length = *length;
  return found;
}

bool set_proto_name(Term& term, std::string_view name) {
  constexpr std::array<std::pair<std::string_view, uint8_t>, 5> kAliases{
      {{"icmp6", 58}, {"icmpv6", 58}, {"ospf", 89}, {"udp-lite", 136}, {"mobility", 135}}};
  for (const auto& [alias, proto] : kAliases) {
    if (name == alias) return term.proto = proto, true;
  }
  for (unsigned proto = 0; proto < 256; ++proto) {
    if (proto_name(static_cast<uint8_t>(proto)) == name) {
      return term.proto = static_cast<uint8_t>(proto), true;
    }
  }
  return false;
}

/// "tcp", "6", "tcp6": what ends in a 4 or 6 and is no name as it is.
bool set_proto(Term& term, std::string_view name) {
  term.kind = Term::Kind::proto;
  if (const auto number = number_of<uint8_t>(name)) return term.proto = *number, true;
  if (set_proto_name(term, name)) return true;
  if (name.size() < 2 || (name.back() != '4' && name.back() != '6')) return false;
  term.ip_version = static_cast<uint8_t>(name.back() - '0');
  name.remove_suffix(1);
  return !number_of<uint8_t>(name) && set_proto_name(term, name);
}

bool set_ports(Term& term, std::string_view text) {
  term.kind = Term::Kind::port;
  const size_t dash = text.find('-');
  const auto low = number_of<uint16_t>(text.substr(0, dash));
  if (low && dash != std::string_view::npos) {
    const auto high = number_of<uint16_t>(text.substr(dash + 1));
    if (!high || *high < *low) return false;
    term.low = *low;
    term.high = *high;
    return true;
  }
  const auto port = low ? low : service_port_by_name(text);
  if (!port) return false;
  term.low = term.high = *port;
  return true;
}

bool set_host(Term& term, std::string_view text) {
  if (const auto address = address_of(text)) {
    set_network(term, *address);
  } else {
    term.kind = Term::Kind::host_part;
    term.part = text;
  }
  return true;
}

bool set_net(Term& term, std::string_view text) {
  const auto network = network_of(text);
  if (network) set_network(term, *network);
  return network.has_value();
}

bool set_vlan(Term& term, std::string_view text) {
  const auto number = number_of<uint16_t>(text);
  if (!number || *number > 4095) return false;
  term.kind = Term::Kind::vlan;
  term.low = *number;
  return true;
}

/// A keyword that a value follows.
struct Keyword {
  std::string_view name;
  bool has_side;  ///< src and dst may stand before it
  bool (*set)(Term&, std::string_view value);
  std::string_view expected;
};

constexpr std::array<Keyword, 5> kKeywords{{
    {"host", true, set_host, "an address or part of a host name"},
    {"net", true, set_net, "a network such as 10.0.0.0/8 or fd00::/8"},
    {"port", true, set_ports, "a port such as 443, 8000-8100 or https"},
    {"proto", false, set_proto, "a protocol such as tcp, udp6, icmp or 47"},
    {"vlan", false, set_vlan, "a VLAN from 0 to 4095"},
}};

constexpr std::array<std::string_view, 5> kProtoWords{"tcp", "udp", "icmp", "icmp6", "sctp"};
constexpr std::string_view kTermExpected = "a term such as host, net, port, proto, ip or vlan";

const Keyword* keyword_of(std::string_view word) {
  const auto found = std::find_if(kKeywords.begin(), kKeywords.end(),
                                  [&](const Keyword& keyword) { return keyword.name == word; });
  return found == kKeywords.end() ? nullptr : &*found;
}

bool is_proto_word(std::string_view word) {
  return std::find(kProtoWords.begin(), kProtoWords.end(), word) != kProtoWords.end();
}

bool is_keyword(std::string_view word) {
  return keyword_of(word) != nullptr || is_proto_word(word) || word == "src" || word == "dst" ||
         word == "ip" || word == "ip6" || word == "not" || word == "and" || word == "or";
}

/// The token that begins at or behind `at`; the next one begins behind it.
Token token_at(std::string_view text, size_t at) {
  at = std::min(text.find_first_not_of(' ', at), text.size());
  const std::string_view rest = text.substr(at);
  const auto token = [&](Token::Kind kind, size_t size) {
    return Token{kind, at, rest.substr(0, size), lower(rest.substr(0, size))};
  };
  if (rest.empty()) return token(Token::Kind::end, 0);
  if (rest.front() == '(') return token(Token::Kind::open, 1);
  if (rest.front() == ')') return token(Token::Kind::close, 1);
  if (rest.front() == '!') return token(Token::Kind::op_not, 1);
  if (rest.starts_with("&&")) return token(Token::Kind::op_and, 2);
  if (rest.starts_with("||")) return token(Token::Kind::op_or, 2);
  size_t size = 1;
  while (size < rest.size() && rest.find_first_of(" ()", size) != size &&
         !rest.substr(size).starts_with("&&") && !rest.substr(size).starts_with("||")) {
    ++size;
  }
  Token word = token(Token::Kind::word, size);
  if (word.lower == "not") word.kind = Token::Kind::op_not;
  if (word.lower == "and") word.kind = Token::Kind::op_and;
  if (word.lower == "or") word.kind = Token::Kind::op_or;
  return word;
}

/// Recursive descent, which kMaxFilterDepth bounds.
class TermParser {
 public:
  explicit TermParser(std::string_view text) : text_(text), token_(token_at(text, 0)) {}

  Result<FilterNode> parse() {
    Result<FilterNode> root = any_of();
    if (!root || token_.kind == Token::Kind::end) return root;
    return error(token_, "')' has no '(' before it");
  }

 private:
  tl::unexpected<Status> error(const Token& token, std::string_view what) const {
    return fail(filter_error(text_, token.at, what));
  }

  tl::unexpected<Status> expected(const Token& token, std::string_view what) const {
    if (token.kind == Token::Kind::end) return error(token, fmt::format("expected {}", what));
    return error(token, fmt::format("{} is not {}", quoted(token.text), what));
  }

  Token take() {
    Token taken = std::move(token_);
    token_ = token_at(text_, taken.at + taken.text.size());
    return taken;
  }

  bool take_if(Token::Kind kind) {
    if (token_.kind != kind) return false;
    take();
    return true;
  }

  /// One child stands for itself.
  static FilterNode joined(FilterNode::Kind kind, std::vector<FilterNode> children) {
    if (children.size() == 1) return std::move(children.front());
    FilterNode node;
    node.kind = kind;
    node.children = std::move(children);
    return node;
  }

  Result<FilterNode> any_of() {
    std::vector<FilterNode> children;
    do {
      Result<FilterNode> child = all_of();
      if (!child) return child;
      children.push_back(std::move(*child));
    } while (take_if(Token::Kind::op_or));
    return joined(FilterNode::Kind::any_of, std::move(children));
  }

  Result<FilterNode> all_of() {
    std::vector<FilterNode> children;
    while (true) {
      Result<FilterNode> child = one();
      if (!child) return child;
      children.push_back(std::move(*child));
      if (take_if(Token::Kind::op_and)) continue;
      if (token_.kind != Token::Kind::word && token_.kind != Token::Kind::open &&
          token_.kind != Token::Kind::op_not) {
        return joined(FilterNode::Kind::all_of, std::move(children));
      }
    }
  }

  Result<FilterNode> one() {
    bool negated = false;
    while (take_if(Token::Kind::op_not)) negated = !negated;
    Result<FilterNode> node = token_.kind == Token::Kind::open ? in_parentheses() : term();
    if (node && negated) node->negated = !node->negated;
    return node;
  }

  Result<FilterNode> in_parentheses() {
    const Token open = take();
    if (++depth_ > kMaxFilterDepth) {
      return error(open, fmt::format("more than {} parentheses are open", kMaxFilterDepth));
    }
    Result<FilterNode> inside = any_of();
    if (!inside) return inside;
    --depth_;
    if (!take_if(Token::Kind::close)) return error(open, "'(' is not closed");
    return inside;
  }

  Result<FilterNode> term() {
    const Token word = take();
    FilterNode node;
    Term& term = node.term;
    if (word.kind != Token::Kind::word) return expected(word, kTermExpected);
    if (word.lower == "src" || word.lower == "dst") {
      term.side = word.lower == "src" ? Term::Side::source : Term::Side::destination;
      const Keyword* keyword = keyword_of(token_.lower);
      if (keyword != nullptr && !keyword->has_side) {
        return expected(token_, "what src or dst may stand before: host, net or port");
      }
      if (keyword == nullptr) return with_value(std::move(node), kKeywords[0]);
      take();
      return with_value(std::move(node), *keyword);
    }
    if (const Keyword* keyword = keyword_of(word.lower)) {
      return with_value(std::move(node), *keyword);
    }
    if (is_proto_word(word.lower)) {
      set_proto(term, word.lower);
      return node;
    }
    if (word.lower != "ip" && word.lower != "ip6") return expected(word, kTermExpected);
    term.ip_version = word.lower == "ip" ? 4 : 6;
    return node;
  }

  Result<FilterNode> with_value(FilterNode node, const Keyword& keyword) {
    const Token value = take();
    if (value.kind != Token::Kind::word || value.text.size() > kMaxPatternBytes ||
        !keyword.set(node.term, value.lower)) {
      return expected(value, keyword.expected);
    }
    return node;
  }

  std::string_view text_;
  Token token_;
  size_t depth_ = 0;
};

}  // namespace

Status filter_error(std::string_view text, size_t at, std::string_view what) {
  const std::string_view before = text.substr(0, at);
  const auto column = 1 + std::count_if(before.begin(), before.end(), [](char c) {
                        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
                      });
  return {Code::usage, Recovery::give_up, 0, "", fmt::format("column {}: {}", column, what)};
}

std::string quoted(std::string_view part) {
  if (part.size() <= kMaxQuoted) return fmt::format("'{}'", part);
  size_t end = kMaxQuoted;
  while ((static_cast<unsigned char>(part[end]) & 0xC0U) == 0x80) --end;
  return fmt::format("'{}...'", part.substr(0, end));
}

bool begins_like_terms(std::string_view text) {
  const Token first = token_at(text, 0);
  return first.kind == Token::Kind::open || first.kind == Token::Kind::op_not ||
         is_keyword(first.lower);
}

Result<FilterNode> parse_terms(std::string_view text) {
  return TermParser(text).parse();
}

}  // namespace weir::report
