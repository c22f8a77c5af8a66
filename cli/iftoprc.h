#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/config_value.h"

/// iftop's configuration file: lines of `directive: value`, see iftop(8).
namespace weir::cli {

/// One directive as the setting that means the same.
struct IftopDirective {
  std::string name;   ///< "use-bytes"
  std::string key;    ///< "display.bytes"
  std::string value;  ///< in the form of the setting
  std::string typed;  ///< as it stands in the file
  FilePlace place;    ///< of the value
};

/// True for a text whose first line that says anything is `directive: value`, which no TOML is.
bool looks_like_iftoprc(std::string_view text);

/// The directives that iftop would take, in the order of the file, and what it would say about the
/// rest. It warns of a directive that it does not know or that is repeated (the first one counts),
/// and goes on; so does this. `warnings` are whole lines: "path:line:column: why".
std::vector<IftopDirective> parse_iftoprc(std::string_view text, const std::string& path,
                                          std::vector<std::string>& warnings);

}  // namespace weir::cli
