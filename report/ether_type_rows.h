#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "engine/core/ether_types.h"

namespace weir::report {

/// One line of the table of EtherTypes that were not followed.
struct EtherTypeRow {
  std::string type;  ///< "0x88f7"; "other" for all types that found no row of their own
  std::string name;  ///< "ptp"; empty where weir knows none
  Verdict verdict = Verdict::non_ip;
  EtherTypeCounts::Count count;
};

/// The most packets first, ties by number. Their packets add up to those of the two reasons.
std::vector<EtherTypeRow> ether_type_rows(const EtherTypeCounts& counts);

/// The table as text, nothing without rows. At most ten rows; a last one adds up the rest.
void append_ether_type_table(fmt::memory_buffer& out, const EtherTypeCounts& counts);

}  // namespace weir::report
