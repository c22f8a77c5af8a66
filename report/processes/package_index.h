#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::processes {

/// Which package a file is of, by the package manager's own files under a root folder: weir's, or
/// /proc/PID/root of a process in a container. Nothing there is run, and no link leads out of the
/// root.
struct Ownership {
  enum class State : uint8_t {
    owned,
    not_packaged,  ///< dpkg is there, and no package has the file
    not_readable,  ///< another package manager, or none
  };
  State state = State::not_readable;
  std::string package;  ///< "openssh-server"
};

/// dpkg: info/*.list, with diversions (dpkg-divert(1)) undone, and on a system with a merged /usr
/// also under the name without /usr (a list says /bin/bash for what is /usr/bin/bash). Reads all
/// lists, 20 ms for a thousand packages: not for a thread that others wait for.
Ownership owner_of_file(int root_fd, std::string_view path);

/// Of /var/lib/dpkg/diversions: groups of three lines, the file, where it is diverted to, and the
/// package that did so (":" for the administrator).
struct DivertedPath {
  std::string path;       ///< to be looked for
  std::string only;       ///< this package has it; empty: any
  std::string never;      ///< this one has another file of that name; empty: none
  bool by_admin = false;  ///< the file at `path` is of no package
};
DivertedPath undivert(std::string_view diversions, std::string_view path);

/// True when a line of the text is the path.
bool lists_path(std::string_view list, std::string_view path);

/// Opens for reading what is a regular file under the root, links resolved as if the root were "/"
/// (openat2(2)). Negative: there is none, or it is something else.
int open_in_root(int root_fd, const std::string& path, bool folder = false);

}  // namespace weir::processes
