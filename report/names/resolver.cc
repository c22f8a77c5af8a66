#include "report/names/resolver.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "engine/core/cpu.h"
#include "report/names/text_file.h"

namespace weir::report {
namespace {

constexpr uint64_t kNoNameTtlS = 300;
constexpr uint64_t kNoAnswerTtlS = 60;
constexpr uint64_t kHostsTtlS = 60;

}  // namespace

bool Resolver::Watched::has_changed() {
  struct stat about{};
  const bool there = ::stat(path.c_str(), &about) == 0;
  const int64_t now_ns =
      there ? about.st_mtim.tv_sec * static_cast<int64_t>(kNsPerSecond) + about.st_mtim.tv_nsec : 0;
  return std::exchange(changed_ns, now_ns) != now_ns;
}

Resolver::Resolver(const ResolverOptions& options)
    : options_(options),
      store_(options.max_names, options.max_queue),
      hosts_file_{options.hosts_file},
      resolv_conf_{options.resolv_conf} {}

Result<std::unique_ptr<Resolver>> Resolver::start(const ResolverOptions& options) {
  std::unique_ptr<Resolver> self(new Resolver(options));
  self->resolv_conf_.has_changed();
  if (Result<void> opened = self->open_channel(); !opened) return fail(opened.error());
  self->wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (self->wake_fd_ < 0) {
    return fail({Code::io, Recovery::give_up, errno, "DNS", "no eventfd"});
  }
  // Signals are for the threads that wait for them; but a crash is a crash, and has its handler.
  sigset_t all{};
  sigset_t before{};
  sigfillset(&all);
  for (const int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
    sigdelset(&all, crash);
  }
  pthread_sigmask(SIG_SETMASK, &all, &before);
  Result<std::unique_ptr<Resolver>> started = std::move(self);
  try {
    (*started)->thread_ = std::thread([resolver = started->get()] { resolver->run(); });
  } catch (const std::system_error& error) {
    started = fail({Code::io, Recovery::give_up, error.code().value(), "DNS", "no thread for it"});
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

Resolver::~Resolver() {
  stopping_ = true;
  if (thread_.joinable()) {
    wake();
    thread_.join();
  }
  if (wake_fd_ >= 0) ::close(wake_fd_);
}

void Resolver::wake() const {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

std::string Resolver::name(const AddressKey& key) {
  NameStore::Seen seen = store_.look_up(key, clock_.monotonic_ns());
  if (seen.wake) wake();
  return std::move(seen.name);
}

Result<void> Resolver::open_channel() {
  channel_.reset();  // tells its questions that there is no answer
  Result<std::unique_ptr<DnsChannel>> opened = DnsChannel::open(
      {options_.servers, options_.resolv_conf, options_.timeout_ms, options_.tries},
      [this](const AddressKey& key, DnsChannel::Outcome outcome, const PtrAnswer& answer) {
        answered(key, outcome, answer);
      });
  if (!opened) return fail(opened.error());
  channel_ = std::move(*opened);
  return {};
}

void Resolver::run() {
  [[maybe_unused]] const Result<void> named = place_this_thread({}, "weir-names");
  while (!stopping_) {
    const size_t busy = channel_ ? channel_->outstanding() : 0;
    const auto keys =
        store_.take(options_.max_outstanding - std::min(busy, options_.max_outstanding));
    if (!keys.empty()) look_at_files();
    for (const AddressKey& key : keys) ask(key);
    const bool full = channel_ && channel_->outstanding() >= options_.max_outstanding;
    const int most_ms = !full && store_.has_waiting() ? 0 : -1;
    if (channel_) {
      channel_->wait(wake_fd_, most_ms);
    } else {
      pollfd waker{wake_fd_, POLLIN, 0};
      ::poll(&waker, 1, most_ms);
    }
    uint64_t woken = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &woken, sizeof woken);
  }
  channel_.reset();
}

/// A laptop that moves to another network gets other servers while weir runs.
void Resolver::look_at_files() {
  const uint64_t now_ns = clock_.monotonic_ns();
  if (files_seen_ns_ != 0 && now_ns - files_seen_ns_ < options_.look_at_files_ms * kNsPerMs) return;
  files_seen_ns_ = now_ns;
  if (hosts_file_.has_changed()) {
    hosts_ = parse_hosts(read_text_file(options_.hosts_file, kMaxHostsBytes).value_or(""));
  }
  if (options_.servers.empty() && resolv_conf_.has_changed()) {
    // Without a channel every question fails, which is counted and tried again.
    [[maybe_unused]] const Result<void> opened = open_channel();
  }
}

void Resolver::ask(const AddressKey& key) {
  const uint64_t now_ns = clock_.monotonic_ns();
  if (const auto at = hosts_.find(key); at != hosts_.end()) {
    store_.found(key, at->second, now_ns + kHostsTtlS * kNsPerSecond, false);
    return;
  }
  if (is_local_matter(key)) {
    store_.not_found(key, now_ns + kNoNameTtlS * kNsPerSecond, false);
    return;
  }
  store_.count_question();
  if (channel_) {
    channel_->ask(key);
  } else {
    store_.no_answer(key, now_ns + kNoAnswerTtlS * kNsPerSecond);
  }
}

void Resolver::answered(const AddressKey& key, DnsChannel::Outcome outcome,
                        const PtrAnswer& answer) {
  const uint64_t now_ns = clock_.monotonic_ns();
  if (outcome == DnsChannel::Outcome::no_answer) {
    store_.no_answer(key, now_ns + kNoAnswerTtlS * kNsPerSecond);
  } else if (answer.name.empty()) {
    store_.not_found(key, now_ns + kNoNameTtlS * kNsPerSecond, true);
  } else {
    store_.found(key, answer.name, now_ns + lifetime_s(answer.ttl_s) * kNsPerSecond, true);
  }
}

}  // namespace weir::report
