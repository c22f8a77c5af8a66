#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/status.h"
#include "report/names/address_cache.h"
#include "report/names/dns_answer.h"

struct ares_channeldata;

namespace weir::report {

/// Reverse questions to DNS servers and their answers, over c-ares. For one thread, which owns it:
/// no call waits but wait(). Destroying it gives each question that is on its way no answer.
class DnsChannel {
 public:
  struct Options {
    std::vector<std::string> servers;  ///< none: those of resolv.conf(5)
    std::string resolv_conf = "/etc/resolv.conf";
    int timeout_ms = 2000;
    int tries = 2;
  };
  enum class Outcome : uint8_t {
    answer,    ///< with a name or without
    no_name,   ///< the servers say that there is none, or say nonsense
    no_answer  ///< nobody could say, or not in time
  };
  using Answered = std::function<void(const AddressKey&, Outcome, const PtrAnswer&)>;

  /// Code::usage for servers that are none. `answered` is called by ask(), wait() and the
  /// destructor.
  static Result<std::unique_ptr<DnsChannel>> open(const Options& options, Answered answered);
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  void ask(const AddressKey& key);
  size_t outstanding() const noexcept { return outstanding_; }
  /// Waits for an answer, a time-out, or `wake_fd`, and deals with the first two. `most_ms` as of
  /// poll(2).
  void wait(int wake_fd, int most_ms);

 private:
  struct Question;
  explicit DnsChannel(Answered answered) : answered_(std::move(answered)) {}
  static void on_socket(void* self, int fd, int readable, int writable);
  static void on_answer(void* question, int status, int timeouts, unsigned char* message,
                        int bytes);

  Answered answered_;
  ares_channeldata* channel_ = nullptr;
  std::vector<pollfd> sockets_;
  size_t outstanding_ = 0;
};

}  // namespace weir::report
