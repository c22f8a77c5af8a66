#pragma once

#include <string>
#include <vector>

#include "engine/pipeline/snapshot.h"

namespace weir::report::test {

/// Address and port as text; the tests use one spelling for what goes in and comes out.
struct Endpoint {
  std::string address;
  uint16_t port = 0;
};

/// A biflow between `local` and `remote`, whose key is made canonical here by hand.
FlowRow flow_row(const Endpoint& local, const Endpoint& remote, uint8_t proto, Traffic sent,
                 Traffic received);

/// A traffic with the same figure in every rate.
Traffic steady(uint64_t packets, uint64_t ip_bytes, uint64_t rate);

/// One file, read to its end: every verdict, an unknown drop count, three flows of which one has
/// long IPv6 addresses. Its numbers obey the law of conservation.
Snapshot file_snapshot();

/// Two interfaces, one of which was gone for a while, with losses.
Snapshot live_snapshot();

/// A temporary file that sinks write to and tests read back.
class Page {
 public:
  Page();
  ~Page();
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  int fd() const { return fd_; }
  std::string text() const;

 private:
  int fd_;
};

/// The contents of golden/NAME; fails the test when it is missing. With WEIR_UPDATE_GOLDEN set,
/// a text that is given is written there first.
std::string golden(const std::string& name);
std::string golden(const std::string& name, const std::string& now);

}  // namespace weir::report::test
