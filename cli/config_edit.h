#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/status.h"

namespace weir::cli {

/// A key to be changed, and its new value as TOML writes it.
struct ConfigChange {
  std::string section;  ///< "display", "themes.mine"
  std::string name;     ///< "theme"
  std::string value;    ///< "\"nord\""
};

/// The text with new values. What is not changed stays as it is to the byte: comments, order and
/// blanks. A key that is not there goes behind the last one of its section, a section behind
/// everything. The result is parsed again; Code::usage if either text is no TOML.
Result<std::string> edit_config(std::string text, const std::vector<ConfigChange>& changes,
                                const std::string& path);

}  // namespace weir::cli
