#include "report/names/dns_channel.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <sys/time.h>

#include <algorithm>
#include <utility>

namespace weir::report {

struct DnsChannel::Question {
  DnsChannel* channel;
  AddressKey key;
};

Result<std::unique_ptr<DnsChannel>> DnsChannel::open(const Options& options, Answered answered) {
  const auto refused = [&](Code code, const std::string& where, int status) {
    return fail({code, Recovery::give_up, 0, where, ares_strerror(status)});
  };
  int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status != ARES_SUCCESS) return refused(Code::io, "c-ares", status);
  std::unique_ptr<DnsChannel> self(new DnsChannel(std::move(answered)));
  ares_options settings{};
  settings.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
  settings.timeout = options.timeout_ms;
  settings.tries = options.tries;
  std::string resolv_conf = options.resolv_conf;  // c-ares copies it
  settings.resolvconf_path = resolv_conf.data();
  settings.sock_state_cb = on_socket;
  settings.sock_state_cb_data = self.get();
  status = ares_init_options(&self->channel_, &settings,
                             ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                 ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF);
  if (status != ARES_SUCCESS) {
    self->channel_ = nullptr;
    return refused(Code::io, "DNS", status);
  }
  if (options.servers.empty()) return self;
  std::string list;
  for (const std::string& server : options.servers) list += (list.empty() ? "" : ",") + server;
  status = ares_set_servers_ports_csv(self->channel_, list.c_str());
  if (status != ARES_SUCCESS) return refused(Code::usage, "DNS servers " + list, status);
  return self;
}

DnsChannel::~DnsChannel() {
  if (channel_ != nullptr) ares_destroy(channel_);
  ares_library_cleanup();
}

void DnsChannel::on_socket(void* self, int fd, int readable, int writable) {
  auto& sockets = static_cast<DnsChannel*>(self)->sockets_;
  std::erase_if(sockets, [fd](const pollfd& socket) { return socket.fd == fd; });
  if (readable == 0 && writable == 0) return;
  sockets.push_back({fd,
                     static_cast<short>((readable != 0 ? POLLIN : 0) |  // NOLINT(runtime/int)
                                        (writable != 0 ? POLLOUT : 0)),
                     0});
}

void DnsChannel::on_answer(void* question, int status, int /*timeouts*/, unsigned char* message,
                           int bytes) {
  const std::unique_ptr<Question> asked(static_cast<Question*>(question));
  DnsChannel& self = *asked->channel;
  --self.outstanding_;
  if (status == ARES_SUCCESS && message != nullptr && bytes > 0) {
    const PtrAnswer answer = parse_ptr_answer({message, static_cast<size_t>(bytes)}, asked->key);
    self.answered_(asked->key, Outcome::answer, answer);
    return;
  }
  const bool no_name = status == ARES_ENOTFOUND || status == ARES_ENODATA ||
                       status == ARES_EBADRESP || status == ARES_EFORMERR;
  self.answered_(asked->key, no_name ? Outcome::no_name : Outcome::no_answer, {});
}

void DnsChannel::ask(const AddressKey& key) {
  ++outstanding_;
  // c-ares gives it back to on_answer, once and always.
  auto question = std::make_unique<Question>(Question{this, key});
  ares_query(channel_, reverse_name(key).c_str(), ns_c_in, ns_t_ptr, on_answer, question.release());
}

void DnsChannel::wait(int wake_fd, int most_ms) {
  timeval limit{most_ms / 1000, most_ms % 1000 * 1000};
  timeval next{};
  int wait_ms = most_ms;
  if (const timeval* const until = ares_timeout(channel_, most_ms < 0 ? nullptr : &limit, &next)) {
    wait_ms = static_cast<int>(until->tv_sec * 1000 + (until->tv_usec + 999) / 1000);
  }
  std::vector<pollfd> ready = sockets_;
  ready.push_back({wake_fd, POLLIN, 0});
  const int count = ::poll(ready.data(), ready.size(), wait_ms);
  ready.pop_back();
  // Time-outs are dealt with by every call, whatever is ready.
  if (count <= 0) ready.clear();
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  for (const pollfd& socket : ready) {
    if (socket.revents == 0) continue;
    const bool write = (socket.revents & POLLOUT) != 0;
    const bool read = (socket.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    ares_process_fd(channel_, read ? socket.fd : ARES_SOCKET_BAD,
                    write ? socket.fd : ARES_SOCKET_BAD);
  }
}

}  // namespace weir::report
