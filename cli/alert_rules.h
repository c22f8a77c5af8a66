#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/status.h"
#include "report/alert_rule.h"
#include "report/tui/ui_options.h"

/// Alerts from text and back. Errors are Code::usage with a message that says what would be right.
namespace weir::cli {

/// What --exit-over's rule is called.
inline constexpr const char* kExitOverName = "--exit-over";

/// "800M", "1.5G", "20kpps": bits or packets per second, by 1000. Sets unit and over.
Result<void> parse_alert_rate(std::string_view text, report::AlertRule& rule);
std::string alert_rate_text(const report::AlertRule& rule);

/// "2s", "10s", "40s".
Result<uint32_t> parse_alert_window(std::string_view text);

/// "total", "host 10.0.0.5", "net 10.0.0.0/8", "net office" (by `networks`), "port 443",
/// "port 443/tcp", "any host", "any port", "any flow". Sets subject, prefixes, port and proto.
Result<void> parse_alert_subject(std::string_view text,
                                 const std::vector<tui::NamedNetwork>& networks,
                                 report::AlertRule& rule);
std::string alert_subject_text(const report::AlertRule& rule);

/// "800M" or "800M:40s": a rule on the total that ends the run; the window is 10s if not said.
Result<report::AlertRule> parse_exit_over(const std::string& text);

}  // namespace weir::cli
