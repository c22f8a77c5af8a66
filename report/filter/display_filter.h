#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "engine/core/status.h"
#include "engine/pipeline/flow_query.h"
#include "report/name_source.h"

/// What a user types to choose which flows are listed. It changes what is shown and nothing of what
/// is captured or counted. Three forms, told apart by how they begin:
///
///   /regex/  ~regex   RE2 on the row's text; letters of either case
///   "text"            the text between the quotes in the row's text
///   anything else     terms if it is made of them; an error if it only begins like them (with a
///                     keyword, '(' or '!'); else plain text. Letters of either case
///
/// Terms, combined by `not`/`!`, `and`/`&&` (or nothing at all) and `or`/`||`, which bind in this
/// order, and parentheses:
///
///   [src|dst] host ADDRESS|PART     an address, or part of a host name as the NameSource has it
///   [src|dst] net NETWORK           10.0.0.0/8, fd00::/8; an address is a network of its own
///   [src|dst] port PORT|LOW-HIGH    a number, or a name from /etc/services: https
///   src|dst ADDRESS|PART            the same as with `host`
///   proto NAME|NUMBER               tcp udp icmp ...; "tcp6" is TCP in IPv6, "tcp4" in IPv4
///   tcp udp icmp icmp6 sctp         the same without `proto`
///   ip  ip6                         IPv4, IPv6
///   vlan NUMBER                     one of the flow's VLANs, with `--key vlan`
///
/// `src` is the side shown first, the local one. Without src or dst either side will do, and for
/// `not` this means that neither side matches.
///
/// The row's text is a line of numbers, as `10.0.0.1:51234 => 93.184.216.34:443 tcp vlan 5`, and,
/// where names are known, the same line with them: `pc.lan:51234 => example.com:https tcp`. In a
/// regular expression ^ and $ are the ends of such a line.
namespace weir::report {

inline constexpr size_t kMaxFilterBytes = 4096;  ///< of any filter
inline constexpr size_t kMaxPatternBytes = 256;  ///< of a text or a regular expression
inline constexpr size_t kMaxFilterDepth = 64;    ///< parentheses inside one another

/// Null for a filter of blanks, which means all flows. An error is of Code::usage, its message
/// begins with the column (characters, from 1): "column 6: 'foo' is not a network such as
/// 10.0.0.0/8 or fd00::/8".
///
/// The filter may be used by any number of threads. It takes no lock and does not allocate, except
/// for what RE2 and `names` do, which only text, regular expressions and parts of host names ask.
/// `names` may be null (no names) and must live as long as the filter. Their answers are remembered
/// where there are many flows: a name that became known counts after at most 8 snapshots there.
///
/// The first `port NAME` in a process reads /etc/services; see load_service_ports().
Result<std::shared_ptr<const FlowFilter>> parse_display_filter(std::string_view text,
                                                               NameSource* names);

/// iftop's `l`: a regular expression on each of the two host names as they are shown (the address
/// where there is no name). Letters of either case; null and errors as above.
Result<std::shared_ptr<const FlowFilter>> parse_screen_filter(std::string_view regex,
                                                              NameSource* names);

}  // namespace weir::report
