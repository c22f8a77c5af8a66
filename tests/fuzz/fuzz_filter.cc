// Display filters from any bytes, asked about a few flows. Input: the filter. What holds: a result
// or an error of bounded size, the same when parsed again, and `not` in front of terms answers the
// contrary.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "report/filter/display_filter.h"
#include "report/filter/filter_parser.h"
#include "tests/fuzz/require.h"

namespace weir::fuzz {
namespace {

using Filter = std::shared_ptr<const FlowFilter>;

std::array<FlowKey, 3> some_flows() {
  std::array<FlowKey, 3> flows;
  flows[0] = {.low_addr = {10, 0, 0, 1}, .high_addr = {93, 184, 216, 34}, .low_port = 8080};
  flows[0].high_port = 443;
  flows[0].proto = 6;
  flows[0].ip_version = 4;
  flows[1] = {.low_addr = {0x20, 1}, .high_addr = {0xfd, 0, 1}, .low_port = 53, .high_port = 53};
  flows[1].proto = 17;
  flows[1].ip_version = 6;
  flows[1].vlan_count = 2;
  flows[1].vlans = {100, 5, 0, 0};
  return flows;
}

void require_bounded(const Status& error) {
  require(error.code == Code::usage && error.message.starts_with("column "), "a usage error");
  require(error.message.size() < 1024, "a short message");
}

void filter_one(std::string_view text) {
  report::NumbersOnly names;
  if (const auto screen = report::parse_screen_filter(text, &names); !screen) {
    require_bounded(screen.error());
  } else if (*screen) {
    for (const FlowKey& key : some_flows()) (*screen)->shows(key, false);
  }
  const auto filter = report::parse_display_filter(text, &names);
  if (!filter) return require_bounded(filter.error());
  if (!*filter) return;
  const auto again = report::parse_display_filter(text, &names);
  const bool terms = report::begins_like_terms(text.substr(text.find_first_not_of(' ')));
  const auto contrary =
      terms ? report::parse_display_filter("!(" + std::string(text) + ")", &names) : again;
  for (const FlowKey& key : some_flows()) {
    for (const bool shown_high : {false, true}) {
      const bool shows = (*filter)->shows(key, shown_high);
      require(again && (*again)->shows(key, shown_high) == shows, "the same again");
      // One more parenthesis, or three bytes more, may be too many.
      if (terms && contrary) require((*contrary)->shows(key, shown_high) != shows, "the contrary");
    }
  }
}

}  // namespace
}  // namespace weir::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::fuzz::filter_one({reinterpret_cast<const char*>(data), size});
  return 0;
}
