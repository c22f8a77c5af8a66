#pragma once

#include <fmt/format.h>

#include "backends/host/link_facts.h"

namespace weir::cli {

/// Members of a JSON object, each with a comma before it: the facts of an interface under names
/// that stay, null where there was no answer. docs/doctor.md lists them.
void append_link_facts(fmt::memory_buffer& out, const host::LinkFacts& facts);

}  // namespace weir::cli
