#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "cli/config.h"

/// A home of its own for tests of configuration: files, and an environment that is no process's.
namespace weir::cli::test {

class Home {
 public:
  Home() {
    char folder[] = "/tmp/weir-config-XXXXXX";
    path_ = mkdtemp(folder);
    variables_["HOME"] = path_;
  }
  ~Home() { std::filesystem::remove_all(path_); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }

  std::string write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = path(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  std::string read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void set(const std::string& name, const std::string& value) { variables_[name] = value; }

  Environment environment() const {
    return [this](const char* name) -> const char* {
      const auto found = variables_.find(name);
      return found == variables_.end() ? nullptr : found->second.c_str();
    };
  }

 private:
  std::string path_;
  std::map<std::string, std::string> variables_;
};

/// A configuration's text, applied to nothing else.
inline Result<Config> apply(const std::string& text, const RunOptions& flags = {}) {
  Result<Config> config(tl::in_place);
  const Result<void> applied = apply_config_text(text, "weir.toml", flags, *config);
  if (!applied) return fail(applied.error());
  return config;
}

/// The error of a text that is wrong, as the user reads it.
inline std::string error_of(const std::string& text) {
  const Result<Config> config = apply(text);
  return config ? "no error" : to_string(config.error());
}

}  // namespace weir::cli::test
