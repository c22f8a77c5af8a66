#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/status.h"
#include "report/names/dns_channel.h"
#include "report/names/hosts_file.h"
#include "report/names/name_store.h"

namespace weir::report {

struct ResolverOptions {
  /// "192.0.2.1", "192.0.2.1:5353", "[2001:db8::1]:53"; none: those of resolv.conf(5).
  std::vector<std::string> servers;
  std::string resolv_conf = "/etc/resolv.conf";
  std::string hosts_file = "/etc/hosts";
  uint64_t look_at_files_ms = 5000;  ///< at most so often, and only when there are questions
  size_t max_outstanding = 32;       ///< questions on their way at a time
  size_t max_queue = 4096;           ///< addresses that wait for their turn
  size_t max_names = 65536;          ///< addresses remembered, with a name or without
  int timeout_ms = 2000;             ///< of the first try; c-ares doubles it for the next
  int tries = 2;
};

/// Host names of addresses by hosts(5) and reverse DNS. One thread of its own does everything that
/// takes time; name() only looks into what is known. Bounded in every way: see ResolverOptions.
/// start() fails where c-ares refuses the servers or there can be no thread; later failures are
/// counted. Belongs to whoever started it; the other calls are safe from any thread.
class Resolver {
 public:
  static Result<std::unique_ptr<Resolver>> start(const ResolverOptions& options);
  /// Ends at once, whatever is on its way.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Empty where no name is known; then it is asked for, newest address first.
  std::string name(const AddressKey& key);
  /// Waits until nothing is asked for any more; false after the time. Not for threads that draw.
  bool wait_answers(uint64_t most_ms) { return store_.wait_settled(most_ms); }
  ResolverCounters counters() const { return store_.counters(); }
  /// Grows whenever a name became known.
  uint64_t generation() const { return store_.generation(); }

 private:
  /// A file that is read again when it has changed.
  struct Watched {
    std::string path;
    int64_t changed_ns = -1;
    bool has_changed();
  };

  explicit Resolver(const ResolverOptions& options);
  Result<void> open_channel();
  void run();
  void look_at_files();
  void ask(const AddressKey& key);
  void answered(const AddressKey& key, DnsChannel::Outcome outcome, const PtrAnswer& answer);
  void wake() const;

  const ResolverOptions options_;
  const SystemClock clock_;
  NameStore store_;
  std::atomic<bool> stopping_{false};  ///< written by the destructor, read by the thread
  int wake_fd_ = -1;

  // Of the thread alone, once it runs.
  std::unique_ptr<DnsChannel> channel_;  ///< null: it could not be opened again
  HostsTable hosts_;
  Watched hosts_file_;
  Watched resolv_conf_;
  uint64_t files_seen_ns_ = 0;

  std::thread thread_;
};

}  // namespace weir::report
