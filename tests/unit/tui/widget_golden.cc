#include "tests/unit/tui/widget_golden.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace weir::tui::test {

std::string golden(const std::string& name, const std::string& now) {
  const std::string path = std::string(WEIR_WIDGET_GOLDEN_DIR) + "/" + name;
  if (std::getenv("WEIR_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << now;
  std::ifstream file(path);
  EXPECT_TRUE(file) << path << " is missing: run with WEIR_UPDATE_GOLDEN=1";
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Grid dotted(int columns, int rows) {
  Grid grid(columns, rows);
  for (int row = 0; row < rows; ++row) grid.fill(row, 0, columns, U'.', Style{.role = Role::dim});
  return grid;
}

}  // namespace weir::tui::test
