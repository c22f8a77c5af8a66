#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace weir {

/// What kind of thing went wrong. The command line maps it to an exit code; nothing else branches
/// on the message.
enum class Code : uint8_t {
  usage,          ///< an option, a filter expression or a CPU list is wrong
  not_permitted,  ///< a capability is missing; the message names it
  not_found,      ///< no such interface or file, or a backend that was not compiled in
  damaged,        ///< input that is cut or garbled; what came before it is valid
  other_format,   ///< input that is whole and no capture weir reads; the message names the format
  device_gone,    ///< an interface disappeared or went down after a successful start
  io,             ///< any other failure of the operating system
  internal,       ///< a broken invariant of weir itself
};

/// What to do about a failure. It is decided where the failure occurs, because only that place
/// knows, and acted on by the supervisor alone.
enum class Recovery : uint8_t {
  retry,            ///< the same call may work next time
  reopen_queue,     ///< this queue needs to be opened again
  restart_backend,  ///< the whole capture needs to be closed and opened again
  give_up,          ///< trying again cannot help
};

/// A failure as a value. There is no "ok" status: success is the value of a Result.
struct Status {
  Code code = Code::internal;
  Recovery recovery = Recovery::give_up;
  int sys_errno = 0;    ///< errno at the place of failure, 0 when the kernel was not involved
  std::string where;    ///< the interface, file or option it happened to, e.g. "eth0"
  std::string message;  ///< one sentence for the user, without `where` and without a full stop
  /// Monotonic time at which the source is last known to have worked, because a failure is noticed
  /// later than it happens; 0: just now.
  uint64_t worked_ns = 0;
};

/// "where: message", the form in which every error reaches the user.
inline std::string to_string(const Status& status) {
  return status.where.empty() ? status.message : status.where + ": " + status.message;
}

template <class T>
using Result = tl::expected<T, Status>;

inline tl::unexpected<Status> fail(Status status) {
  return tl::unexpected<Status>(std::move(status));
}

}  // namespace weir
