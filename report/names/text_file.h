#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir::report {

/// A regular file of at most `most_bytes`; a longer one is cut behind its last whole line. Empty
/// where there is none: these files are all optional. Does not wait for a pipe or a device.
std::optional<std::string> read_text_file(const std::string& path, size_t most_bytes);

/// Takes the next line off, without its end and without what follows a '#'. False at the end.
bool take_line(std::string_view& text, std::string_view& line);

/// Takes the next word off a line; blanks and tabs part them. Empty at the end.
std::string_view take_word(std::string_view& line);

}  // namespace weir::report
