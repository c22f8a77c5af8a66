#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace weir::report::test {

using Bytes = std::vector<uint8_t>;

/// A question as it came in.
struct DnsQuestion {
  uint16_t id = 0;
  std::string name;  ///< labels with dots, no dot at the end
  Bytes raw;         ///< the question section
};

/// A message that answers a question with records, each whole.
Bytes dns_message(const DnsQuestion& question, uint16_t flags, const std::vector<Bytes>& records);

/// A PTR record of what was asked, whose name consists of these labels.
Bytes ptr_record(const std::vector<std::string>& labels, uint32_t ttl_s);

/// A name out of labels, which may hold any byte.
Bytes encoded_name(const std::vector<std::string>& labels);

inline constexpr uint16_t kDnsAnswer = 0x8180;
inline constexpr uint16_t kDnsNoSuchName = 0x8183;
inline constexpr uint16_t kDnsFailure = 0x8182;
inline constexpr uint16_t kDnsTruncated = 0x8380;

/// A DNS server on the loopback in a thread of its own; it sends what `answer` gives, none, one or
/// more datagrams a question.
class FakeDns {
 public:
  using Answer = std::function<std::vector<Bytes>(const DnsQuestion&)>;

  explicit FakeDns(Answer answer, const std::string& host = "127.0.0.1", uint16_t port = 0);
  ~FakeDns();
  FakeDns(const FakeDns&) = delete;
  FakeDns& operator=(const FakeDns&) = delete;

  /// False: the address or port could not be had.
  bool is_bound() const { return port_ != 0; }
  std::string address() const;
  uint64_t questions() const { return questions_; }

 private:
  void run();

  Answer answer_;
  int fd_ = -1;
  uint16_t port_ = 0;
  std::atomic<uint64_t> questions_{0};  ///< written by the thread, read by the test
  std::atomic<bool> stopping_{false};   ///< written by the test, read by the thread
  std::thread thread_;
};

}  // namespace weir::report::test
