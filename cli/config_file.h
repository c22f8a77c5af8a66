#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/config_value.h"
#include "engine/core/status.h"

/// Configuration files as bytes and as TOML 1.0. What they mean is not known here.
namespace weir::cli {

inline constexpr size_t kMostConfigBytes = size_t{256} << 10;

/// The whole file. Never waits: what is no regular file (a FIFO, a directory, a device) is refused,
/// and so is one of more than kMostConfigBytes. Errors: not_found, not_permitted, io, usage for
/// what cannot be a configuration file; `where` is the path.
Result<std::string> read_config_text(const std::string& path);

/// The table that a TOML text is. Errors are Code::usage with "path:line:column" as `where`. Text
/// that is nested deeper than any configuration is (16 levels) is refused before the library,
/// which recurses, sees it.
Result<ConfigValue> parse_toml(std::string_view text, const std::string& path);

/// "weir.toml:12:5", the form in which places reach the user.
std::string place_text(const std::string& path, FilePlace place);

/// A string as TOML writes it, in quotes: "a\tb". What is not UTF-8 becomes '?'.
std::string toml_quoted(std::string_view text);

/// A name as a key of TOML: bare where it can be, else quoted.
std::string toml_key(std::string_view name);

}  // namespace weir::cli
