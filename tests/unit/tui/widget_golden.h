#pragma once

#include <string>

#include "report/tui/grid.h"

namespace weir::tui::test {

/// golden/NAME; with WEIR_UPDATE_GOLDEN set, `now` is written there first. Fails the test when it
/// is missing.
std::string golden(const std::string& name, const std::string& now);

/// A screen whose every cell was written by somebody else: what a popup leaves standing shows.
Grid dotted(int columns, int rows);

}  // namespace weir::tui::test
