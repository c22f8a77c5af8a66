#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/core/status.h"
#include "report/filter/filter_terms.h"

namespace weir::report {

/// "column 6: what", of Code::usage. `at` is a byte of `text`; the column counts characters.
Status filter_error(std::string_view text, size_t at, std::string_view what);

/// A part of a filter as errors quote it: in quotes, the end of a long one left out.
std::string quoted(std::string_view part);

/// True when a filter begins as one made of terms does, so that it is not plain text.
bool begins_like_terms(std::string_view text);

/// The tree of a filter made of terms, see display_filter.h. `text` is valid UTF-8 without control
/// characters.
Result<FilterNode> parse_terms(std::string_view text);

}  // namespace weir::report
