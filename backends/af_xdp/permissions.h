#pragma once

#include <string>

#include "engine/core/status.h"

namespace weir::backends {

/// Whether this process may lock as much memory as it likes (CAP_IPC_LOCK).
bool may_lock_memory() noexcept;

/// What AF_XDP needs, which of it this process lacks, and the setcap line.
Status xdp_not_permitted(const std::string& interface, int error);

}  // namespace weir::backends
