#include "engine/core/priority.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>

#include "engine/core/setcap_line.h"

namespace weir {
namespace {

std::string text_of(const ThreadPriority& priority) {
  const char* kind = priority.kind == ThreadPriority::Kind::realtime ? "rt:" : "nice:";
  return "--priority " + (kind + std::to_string(priority.value));
}

int set_priority(const ThreadPriority& priority) noexcept {
  if (priority.kind == ThreadPriority::Kind::realtime) {
    sched_param param{};
    param.sched_priority = priority.value;
    return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param);
  }
  // Of a thread: Linux keeps a nice value for each.
  return setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), priority.value);
}

}  // namespace

Result<void> prefer_this_thread(const ThreadPriority& priority) {
  if (priority.kind == ThreadPriority::Kind::normal || set_priority(priority) == 0) return {};
  const int error = errno;
  if (error == EPERM || error == EACCES) {
    return fail({Code::not_permitted, Recovery::give_up, error, text_of(priority),
                 "needs CAP_SYS_NICE; run as root, or once: " +
                     setcap_line("cap_net_raw,cap_net_admin,cap_sys_nice=eip")});
  }
  return fail({Code::io, Recovery::give_up, error, text_of(priority), std::strerror(error)});
}

Result<void> check_priority(const ThreadPriority& priority) {
  Result<void> result;
  std::thread([&] { result = prefer_this_thread(priority); }).join();
  return result;
}

}  // namespace weir
