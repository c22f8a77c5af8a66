#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/core/flow_key.h"
#include "report/name_source.h"

namespace weir::report {

/// Text in place, because a filter is asked once a flow and must not allocate. What does not fit is
/// left out; names are of bounded length, so that it is only the end of absurdly long ones.
class RowText {
 public:
  void append(std::string_view text) noexcept;
  void append(char c) noexcept { append(std::string_view(&c, 1)); }
  void append_number(uint32_t number) noexcept;
  /// As append_address() does.
  void append_host(uint8_t ip_version, const IpBytes& address) noexcept;
  std::string_view view() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, 1536> bytes_;
  size_t size_ = 0;
};

/// The two lines of a row that display filters search, see display_filter.h.
void append_number_line(RowText& out, const FlowKey& key, bool shown_high);
void append_name_line(RowText& out, const FlowKey& key, bool shown_high, NameSource& names);

}  // namespace weir::report
