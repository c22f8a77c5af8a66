#pragma once

#include <cstring>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "backends/host/source.h"

namespace weir::cli::test {

/// A kernel whose answers are written down. What is not there is "No such file or directory", and
/// an ethtool command without an answer is one that the driver does not support.
class FakeSource : public host::Source {
 public:
  std::map<std::string, std::string> files;
  std::set<std::string> folders;  ///< empty ones; the others follow from the files
  std::map<std::string, std::string> real_paths;
  /// By ethtool command. A request with less room gets the front of the answer, as GRSSH does when
  /// it is asked for its sizes.
  std::map<uint32_t, std::vector<std::byte>> answers;
  std::vector<std::byte> message;
  std::string capabilities;
  int packet_error = 0;
  int xdp_error = 0;

  template <class T>
  void answer(uint32_t command, const T& value, std::span<const std::byte> extra = {}) {
    std::vector<std::byte>& bytes = answers[command];
    bytes.resize(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    std::memcpy(bytes.data(), &command, sizeof command);
    bytes.insert(bytes.end(), extra.begin(), extra.end());
  }

  host::Answer<std::string> file(const std::string& path) const override;
  host::Answer<std::vector<std::string>> folder(const std::string& path) const override;
  host::Answer<std::string> real_path(const std::string& path) const override;
  int ethtool(const std::string& interface, std::span<std::byte> request) const override;
  host::Answer<std::vector<std::byte>> link_message(const std::string& interface) const override;
  unsigned link_index(const std::string&) const override { return 7; }
  host::Answer<std::string> bpf_program(uint32_t id) const override;
  int try_packet_v3() const override { return packet_error; }
  int try_xdp() const override { return xdp_error; }
  host::Answer<std::string> file_capabilities(const std::string&) const override {
    return capabilities;
  }
};

/// What a link message says of eth0.
struct LinkMessage {
  bool up = true;
  bool carrier = true;
  bool loopback = false;
  uint64_t rx_missed = 0;
  uint64_t rx_errors = 0;
  uint8_t xdp_attached = 0;
  uint32_t xdp_id = 0;
};
std::vector<std::byte> link_message(const LinkMessage& link);

/// A feature of ETHTOOL_GFEATURES.
struct NamedFeature {
  std::string name;
  bool on = false;
  bool changeable = true;
};
void set_features(FakeSource& source, const std::vector<NamedFeature>& features);
void set_rss(FakeSource& source, std::vector<uint32_t> table, std::vector<uint8_t> key,
             uint8_t function = 1);

/// A server on which nothing is wrong: eth0 with four queues, eight CPUs, all rights.
class GoodSource final : public FakeSource {
 public:
  GoodSource();
};

}  // namespace weir::cli::test
