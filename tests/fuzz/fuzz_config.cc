// Configuration files from any bytes, TOML or iftop's. Input: the file. What holds: a configuration
// or an error of bounded size with the file's name; what is printed of a configuration reads back
// as the same; and a changed key is the one that was asked for, or an error.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/config.h"
#include "cli/config_edit.h"
#include "cli/config_file.h"
#include "tests/fuzz/require.h"

namespace weir::fuzz {
namespace {

void config_one(std::string_view text) {
  cli::Config config;
  const Result<void> applied = cli::apply_config_text(text, "x.toml", {}, config);
  if (!applied) {
    const Status& error = applied.error();
    require(error.code == Code::usage && error.where.starts_with("x.toml"), "a usage error");
    require(error.message.size() < 20'000, "a bounded message");
  } else {
    const std::string printed = cli::print_config(config.options, {});
    cli::Config again;
    const Result<void> read = cli::apply_config_text(printed, "printed", {}, again);
    require(read.has_value(), "what is printed is right");
    require(cli::print_config(again.options, {}) == printed, "the same again");
  }
  const Result<std::string> edited =
      cli::edit_config(std::string(text), {{"display", "theme", "\"nord\""}}, "x.toml");
  if (!edited) return;
  require(cli::parse_toml(*edited, "x.toml").has_value(), "an edited file is TOML");
  cli::Config changed;
  if (applied && !cli::apply_config_text(*edited, "x.toml", {}, changed)) {
    require(false, "an edited configuration is one");
  }
  if (applied) require(changed.options.ui.theme == "nord", "the new value");
}

}  // namespace
}  // namespace weir::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::fuzz::config_one({reinterpret_cast<const char*>(data), size});
  return 0;
}
