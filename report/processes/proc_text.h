#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/processes/socket_record.h"

/// Reading the text of /proc. Pure functions; the text is written by the kernel, but names in it
/// are chosen by whoever runs a process, so any byte may be in them.
namespace weir::processes {

inline constexpr size_t kMaxTextBytes = 64;

/// Printable UTF-8 of at most kMaxTextBytes, cut between characters. Control characters (C1 and
/// those that turn the direction of text too) and what is not UTF-8 become '?'.
std::string clean(std::string_view text);

inline constexpr size_t kMaxCommandLineBytes = 1024;

/// The same, of at most `max_bytes`.
std::string printable_text(std::string_view text, size_t max_bytes);

/// /proc/PID/cmdline as one line: arguments with blanks or quotes are in single quotes.
std::string command_line_text(std::string_view arguments);

/// Of /proc/PID/stat.
struct ProcStat {
  std::string command;      ///< raw, as in the file
  uint64_t start_time = 0;  ///< clock ticks after boot: with the pid it names a process for good
};
std::optional<ProcStat> parse_stat(std::string_view text);

/// The effective user of /proc/PID/status.
std::optional<uint32_t> parse_uid(std::string_view text);

/// The inode of "socket:[1234]" or "net:[1234]"; 0 for any other link.
uint64_t inode_of_link(std::string_view link, std::string_view kind);

/// Short name of the systemd unit, container or pod in /proc/PID/cgroup; empty: none.
std::string unit_of_cgroup(std::string_view text);

/// A whole /proc/net/tcp, tcp6, udp, ...; lines that are not as expected are passed over. Returns
/// how many those were, without the heading.
size_t parse_proc_net(std::string_view text, uint8_t ip_version, uint8_t proto, bool v6_only,
                      std::vector<SocketRecord>& out);

/// True when /proc/net/protocols lists a protocol of that name.
bool lists_protocol(std::string_view text, std::string_view name);

}  // namespace weir::processes
