#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// What DNS servers, files and databases call things, made fit for a terminal: any of them may be
/// hostile. Pure functions, any thread.
namespace weir::report {

inline constexpr size_t kMaxHostNameBytes = 253;  ///< RFC 1035 section 2.3.4, as text
inline constexpr size_t kMaxServiceBytes = 32;

/// A host name: letters, digits, '-', '_' and '.' as they are (so "xn--" stays as it is), anything
/// else '?', the root's dot at the end left out. Empty where it is no use as a name: nothing, too
/// long, or digits and dots alone, which would pass for another address.
std::string clean_host_name(std::string_view name);

/// A service's name: at most 32 of letters, digits, '-', '_', '+', '.' and '/', one of them a
/// letter. Empty otherwise.
std::string clean_service_name(std::string_view name);

/// Any text as valid UTF-8 of at most `most_bytes`: what is not UTF-8, control characters (C1 too),
/// and characters that reorder or hide text become '?'.
std::string clean_text(std::string_view text, size_t most_bytes);

}  // namespace weir::report
