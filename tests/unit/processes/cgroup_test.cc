#include <gtest/gtest.h>

#include <string>

#include "report/processes/proc_text.h"

namespace weir::processes {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

TEST(Cgroup, UnitsOfSystemd) {
  EXPECT_EQ(unit_of_cgroup("0::/system.slice/nginx.service\n"), "nginx.service");
  EXPECT_EQ(unit_of_cgroup("0::/user.slice/user-1000.slice/session-3.scope"), "session-3.scope");
  EXPECT_EQ(unit_of_cgroup("0::/user.slice/user-1000.slice/user@1000.service/app.slice/"
                           "app-gnome\\x2dterminal.scope\n"),
            "app-gnome-terminal.scope");
  EXPECT_EQ(unit_of_cgroup("0::/system.slice/foo.service/sub/group\n"), "foo.service");
  EXPECT_EQ(unit_of_cgroup("0::/init.scope\n"), "init.scope");
  EXPECT_EQ(unit_of_cgroup("0::/\n"), "");
  EXPECT_EQ(unit_of_cgroup(""), "");
}

TEST(Cgroup, Containers) {
  EXPECT_EQ(unit_of_cgroup("0::/system.slice/docker-" + kId + ".scope\n"), "docker 0123456789ab");
  EXPECT_EQ(unit_of_cgroup("0::/machine.slice/libpod-" + kId + ".scope/container\n"),
            "podman 0123456789ab");
  EXPECT_EQ(unit_of_cgroup("12:pids:/docker/" + kId + "\n"), "docker 0123456789ab");
  // A unit inside of a container.
  EXPECT_EQ(unit_of_cgroup("0::/docker/" + kId + "/system.slice/cron.service\n"),
            "docker 0123456789ab");
  EXPECT_EQ(unit_of_cgroup("0::/lxc.payload.web/system.slice/cron.service\n"), "lxc web");
}

TEST(Cgroup, Pods) {
  EXPECT_EQ(unit_of_cgroup("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-"
                           "pod1234abcd_11_22.slice/cri-containerd-" +
                           kId + ".scope\n"),
            "pod 1234abcd/0123456789ab");
  EXPECT_EQ(unit_of_cgroup("3:cpu:/kubepods/besteffort/pod1234abcd-1122-33/" + kId + "\n"),
            "pod 1234abcd/0123456789ab");
}

TEST(Cgroup, TheTellingHierarchyOfVersionOne) {
  EXPECT_EQ(unit_of_cgroup("4:memory:/other.service\n1:name=systemd:/a.service\n0::/\n"),
            "a.service");
  EXPECT_EQ(unit_of_cgroup("1:name=systemd:/a.service\n0::/b.service\n"), "b.service");
  EXPECT_EQ(unit_of_cgroup("3:pids:/c.service\n1:name=systemd:/\n0::/\n"), "c.service");
}

TEST(Cgroup, HostileNamesAreCleanedAndBounded) {
  EXPECT_EQ(unit_of_cgroup("0::/a\x1b[31m.service\n"), "a?[31m.service");
  EXPECT_EQ(unit_of_cgroup("0::/a\\x1b\\x9b.service\n"), "a??.service");
  EXPECT_EQ(unit_of_cgroup("0::/a\\x2.service\n"), "a\\x2.service");
  EXPECT_EQ(unit_of_cgroup("0::/" + std::string(500, 'a') + ".service\n").size(), kMaxTextBytes);
  for (const char* text :
       {":", "::", ":::", "0:", "0::", "\n\n", "0:://///", "0::/docker-.scope"}) {
    EXPECT_LE(unit_of_cgroup(text).size(), kMaxTextBytes) << text;
  }
  EXPECT_EQ(unit_of_cgroup("0::/docker-" + std::string(64, 'g') + ".scope\n").substr(0, 8),
            "docker-g");  // no container's id: a unit
}

}  // namespace
}  // namespace weir::processes
