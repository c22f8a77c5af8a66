#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::cli {

/// Where something stands in a file: line and column in characters, from 1; 0 when it stands
/// nowhere in particular.
struct FilePlace {
  uint32_t line = 0;
  uint32_t column = 0;
};

struct ConfigMember;

/// A value as a configuration file has it, with its place. It is a tree of at most a few levels,
/// whatever the file: see parse_toml(). Owned by whoever parsed it; plain data.
struct ConfigValue {
  enum class Kind : uint8_t { boolean, integer, decimal, text, time, array, table };
  Kind kind = Kind::table;
  std::string text;                   ///< of a scalar: "true", "12", "1s"
  std::vector<ConfigValue> items;     ///< of an array
  std::vector<ConfigMember> members;  ///< of a table, by place
  FilePlace place;
};

struct ConfigMember {
  std::string name;
  FilePlace place;  ///< of the name
  ConfigValue value;
};

}  // namespace weir::cli
