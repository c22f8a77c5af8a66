#pragma once

#include <fmt/format.h>

#include <string_view>

namespace weir::report {

/// Appends `text` as a JSON string with its quotes (RFC 8259 section 7). Names of interfaces and
/// files may hold any byte: what is not UTF-8 (RFC 3629) becomes U+FFFD, so a line is always valid
/// JSON. Any thread.
void append_json_string(fmt::memory_buffer& out, std::string_view text);

}  // namespace weir::report
