#pragma once

#include <string>

#include "engine/core/shell_word.h"

/// What is said in the same words by every backend. An interface may have any characters in its
/// name but '/' and white space: in a command that is to be copied it is one word.
namespace weir::backends {

inline std::string no_such_interface() {
  return "no such interface; `weir devices` lists those there are";
}

inline std::string interface_is_down(const std::string& name) {
  return "the interface is down; `ip link set " + shell_word(name) + " up` starts it";
}

}  // namespace weir::backends
