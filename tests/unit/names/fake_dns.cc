#include "tests/unit/names/fake_dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace weir::report::test {
namespace {

constexpr size_t kHeaderBytes = 12;

void append_u16(Bytes& out, size_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

DnsQuestion parse_question(const uint8_t* data, size_t size) {
  DnsQuestion question;
  if (size < kHeaderBytes) return question;
  question.id = static_cast<uint16_t>(data[0] << 8 | data[1]);
  size_t at = kHeaderBytes;
  while (at < size && data[at] != 0) {
    const size_t bytes = data[at++];
    if (at + bytes > size) return question;
    question.name += (question.name.empty() ? "" : ".") +
                     std::string(reinterpret_cast<const char*>(data + at), bytes);
    at += bytes;
  }
  if (at + 5 <= size) question.raw.assign(data + kHeaderBytes, data + at + 5);
  return question;
}

}  // namespace

Bytes encoded_name(const std::vector<std::string>& labels) {
  Bytes out;
  for (const std::string& label : labels) {
    out.push_back(static_cast<uint8_t>(label.size()));
    out.insert(out.end(), label.begin(), label.end());
  }
  out.push_back(0);
  return out;
}

Bytes ptr_record(const std::vector<std::string>& labels, uint32_t ttl_s) {
  Bytes record{0xC0, kHeaderBytes, 0, 12, 0, 1};  // the name is the one that was asked
  append_u16(record, ttl_s >> 16);
  append_u16(record, ttl_s & 0xFFFF);
  const Bytes name = encoded_name(labels);
  append_u16(record, name.size());
  record.insert(record.end(), name.begin(), name.end());
  return record;
}

Bytes dns_message(const DnsQuestion& question, uint16_t flags, const std::vector<Bytes>& records) {
  Bytes out;
  for (const size_t value :
       {size_t{question.id}, size_t{flags}, size_t{1}, records.size(), size_t{0}, size_t{0}}) {
    append_u16(out, value);
  }
  out.insert(out.end(), question.raw.begin(), question.raw.end());
  for (const Bytes& record : records) out.insert(out.end(), record.begin(), record.end());
  return out;
}

FakeDns::FakeDns(Answer answer, const std::string& host, uint16_t port)
    : answer_(std::move(answer)) {
  fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  socklen_t size = sizeof address;
  if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    port_ = ntohs(address.sin_port);
  }
  thread_ = std::thread([this] { run(); });
}

FakeDns::~FakeDns() {
  stopping_ = true;
  thread_.join();
  ::close(fd_);
}

std::string FakeDns::address() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void FakeDns::run() {
  while (!stopping_) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 10) <= 0) continue;
    std::array<uint8_t, 2048> buffer{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got =
        ::recvfrom(fd_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) continue;
    ++questions_;
    for (const Bytes& message : answer_(parse_question(buffer.data(), static_cast<size_t>(got)))) {
      ::sendto(fd_, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }
}

}  // namespace weir::report::test
