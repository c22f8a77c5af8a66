#pragma once

#include <string>
#include <string_view>

namespace weir::cli {

enum class LogLevel : unsigned char { error, warning, info, debug };

/// What is told from now on; info until this is called. Called before threads start.
void set_log_level(LogLevel level) noexcept;

/// True when log() would write a line of this level.
bool tells(LogLevel level) noexcept;

/// Writes "weir: text" as one line to standard error, when the level is told. Any thread. What
/// cannot be written is lost: there is nobody left to tell.
void log(LogLevel level, std::string_view text);

}  // namespace weir::cli
