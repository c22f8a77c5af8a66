#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/config_value.h"
#include "engine/core/status.h"

/// iftop's configuration file: lines of `directive: value`, see iftop(8).
namespace weir::cli {

/// One directive as the setting that means the same.
struct IftopDirective {
  std::string name;   ///< "use-bytes"
  std::string key;    ///< "display.bytes"
  std::string value;  ///< in the form of the setting
  FilePlace place;    ///< of the value
};

/// True for a text whose first line that says anything is `directive: value`, which no TOML is.
bool looks_like_iftoprc(std::string_view text);

/// All directives, in the order of the file. iftop only warns of a directive that it does not know
/// or that is repeated, and skips a line that is none; here each is an error: Code::usage with
/// "path:line:column" as `where`.
Result<std::vector<IftopDirective>> parse_iftoprc(std::string_view text, const std::string& path);

}  // namespace weir::cli
